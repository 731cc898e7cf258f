import time, io, datetime as dt
import psycopg, pytest
from tests import servers
import random
def rows():
    w=[dt.date(2024,1,1)+dt.timedelta(days=7*i) for i in range(104)]
    out=[];r=random.Random(1)
    n=0
    for wk in w:
        b=[]
        for s in range(100):
            for p in range(97):
                if n>=1_000_000: break
                n+=1
                b.append(f"{s%20+1},{s+1},{p+1},{wk},{r.randint(0,50)},{r.randint(0,100000)/100:.2f},EUR,1\n")
        out.append((wk,"".join(b).encode()))
    return out
COLS="account_id,store_id,product_id,week,units,value,currency,batch_id"
@pytest.mark.django_db(transaction=True)
def test_x():
    data=rows()
    with psycopg.connect(servers.POSTGRES.url(servers.OWNER, servers.NAME),autocommit=True) as c:
        print(c.execute("show wal_level").fetchone(),c.execute("show fsync").fetchone(),c.execute("show shared_buffers").fetchone(),c.execute("show max_wal_size").fetchone(),c.execute("show synchronous_commit").fetchone(), c.execute("show wal_compression").fetchone(), c.execute("show maintenance_work_mem").fetchone(),c.execute("show full_page_writes").fetchone())
        months=sorted({d.replace(day=1) for d,_ in data})
        for m in months: c.execute("select kam_make_partition('kpis_sellthrough',%s)",[m])
        def copy(table,parts=data,opt=""):
            with c.cursor() as cur, cur.copy(f"copy {table} ({COLS}) from stdin (format csv{opt})") as cp:
                for _,b in parts: cp.write(b)
        def timed(name,f):
            t=time.time(); f(); t=time.time()-t; print(f"{name:40s} {t:.2f}s {1/t:.2f} M/s")
        for _ in range(2):
            c.execute("create temp table tt (like kpis_sellthrough)"); timed("temp",lambda: copy("tt")); c.execute("drop table tt")
            c.execute("create table pl (like kpis_sellthrough)"); timed("plain logged",lambda: copy("pl")); c.execute("drop table pl")
            c.execute("truncate kpis_sellthrough"); timed("parent sorted",lambda: copy("kpis_sellthrough"))
            c.execute("truncate kpis_sellthrough"); timed("parent sorted again",lambda: copy("kpis_sellthrough"))
            def leaf():
                with c.transaction():
                    for m in months: copy(f"kpis_sellthrough_{m:%Y%m}",[x for x in data if x[0].replace(day=1)==m])
            c.execute("truncate kpis_sellthrough"); timed("leafs",leaf)
            def build():
                with c.transaction():
                    for m in months:
                        t=f"bld_{m:%Y%m}"; n=(m.replace(day=28)+dt.timedelta(days=8)).replace(day=1)
                        c.execute(f"create table {t} (like kpis_sellthrough including constraints)")
                        copy(t,[x for x in data if x[0].replace(day=1)==m],", freeze")
                        c.execute(f"alter table {t} add primary key (week,store_id,product_id)")
                        c.execute(f"create index on {t} (account_id,week)")
                        c.execute(f"drop table kpis_sellthrough_{m:%Y%m}")
                        c.execute(f"alter table {t} rename to kpis_sellthrough_{m:%Y%m}")
                        c.execute(f"alter table kpis_sellthrough attach partition kpis_sellthrough_{m:%Y%m} for values from ('{m}') to ('{n}')")
            c.execute("truncate kpis_sellthrough"); timed("build fresh, attach",build)
        c.execute("drop index sellthrough_account_week"); c.execute("truncate kpis_sellthrough"); timed("parent no account index",lambda: copy("kpis_sellthrough"))
        c.execute("alter table kpis_sellthrough drop constraint sellthrough_week_is_monday"); c.execute("truncate kpis_sellthrough"); timed("and no check",lambda: copy("kpis_sellthrough"))
        c.execute("alter table kpis_sellthrough drop constraint sellthrough_once"); c.execute("truncate kpis_sellthrough"); timed("and no pk",lambda: copy("kpis_sellthrough"))
