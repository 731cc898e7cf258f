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

        def reorder(k):
            out=[]
            for w,b in data:
                ls=b.decode().splitlines(True); ls.sort(key=k); out.append((w,"".join(ls).encode()))
            return out
        byacc=reorder(lambda l:tuple(map(int,l.split(",")[:3])))
        def run(name,parts):
            c.execute("truncate kpis_sellthrough"); timed(name,lambda: copy("kpis_sellthrough",parts))
        for i in range(3):
            run("store order",data); run("account order",byacc)
        c.execute("alter table kpis_sellthrough drop constraint sellthrough_week_is_monday")
        c.execute("alter table kpis_sellthrough add constraint sellthrough_week_is_monday check ((week - date '2001-01-01') % 7 = 0)")
        for i in range(3):
            run("store order int check",data); run("account order int check",byacc)
        c.execute("drop index sellthrough_account_week");c.execute("create index sellthrough_account_week on kpis_sellthrough (week,account_id)")
        for i in range(2): run("account order, week-account index",byacc)
