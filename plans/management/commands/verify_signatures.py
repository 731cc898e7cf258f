"""`manage.py verify_signatures`: recompute every signature; exits 1 and names what does not hold."""

from django.core.management.base import BaseCommand

from plans import verify


class Command(BaseCommand):
    help = "Recomputes the content hash of every signature and the chain of each account and year."

    def handle(self, *args, **options):
        faults, count, heads = [], 0, {}
        for signature, found in verify.signatures():
            count += 1
            heads[signature.plan.account_id, signature.plan.year] = signature
            faults += [f"signature {signature.pk} of {signature.plan}: {fault}" for fault in found]
        for fault in faults:
            self.stderr.write(fault)
        for (account, year), head in heads.items():
            self.stdout.write(f"account {account} {year} head {head.content_hash}")
        self.stdout.write(f"{count} signatures, {len(heads)} chains, {len(faults)} faults")
        if faults:
            raise SystemExit(1)
