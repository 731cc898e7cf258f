import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

STOCK = """
CREATE TABLE kpis_stocklevel (
    day date NOT NULL,
    store_id bigint NOT NULL,
    product_id bigint NOT NULL,
    account_id bigint NOT NULL,
    on_hand numeric(14, 3) NOT NULL,
    unsellable numeric(14, 3),
    aged numeric(14, 3),
    on_order numeric(14, 3),
    value numeric(18, 2),
    currency varchar(3) NOT NULL,
    batch_id bigint NOT NULL,
    CONSTRAINT stocklevel_once PRIMARY KEY (day, store_id, product_id)
) PARTITION BY RANGE (day);
CREATE INDEX stocklevel_account_day ON kpis_stocklevel (account_id, day);
"""

MAKE = """
CREATE OR REPLACE FUNCTION kam_make_partition(parent text, month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    starts date := date_trunc('month', month)::date;
    part text := format('%s_%s', parent, to_char(starts, 'YYYYMM'));
BEGIN
    IF parent NOT IN ({tables}) THEN
        RAISE EXCEPTION 'no partitions are made for %', parent;
    END IF;
    IF to_regclass(quote_ident(part)) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('kam_make_partition'));
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                   part, parent, starts, (starts + interval '1 month')::date);
END $$;
"""
BEFORE, AFTER = "'kpis_sellthrough'", "'kpis_sellthrough', 'kpis_stocklevel'"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_notification"), ("kpis", "0007_restated")]

    operations = [
        migrations.RunSQL(STOCK, "DROP TABLE kpis_stocklevel"),
        migrations.CreateModel(
            name='StockLevel',
            fields=[
                ('pk', models.CompositePrimaryKey('day', 'store_id', 'product_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField(verbose_name='day')),
                ('on_hand', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='units on hand')),
                ('unsellable', models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name='of these unsellable')),
                ('aged', models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name='of these aged')),
                ('on_order', models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name='units on order')),
                ('value', models.DecimalField(decimal_places=2, max_digits=18, null=True, verbose_name='value at cost')),
                ('currency', models.CharField(max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z', 'Use the three capital letters of the currency, such as EUR.')])),
            ],
            options={
                'verbose_name': 'stock',
                'db_table': 'kpis_stocklevel',
                'managed': False,
            },
        ),
        migrations.AlterField(
            model_name='feed',
            name='kind',
            field=models.CharField(choices=[('accounts', 'Accounts'), ('stores', 'Stores'), ('products', 'Products'), ('sell_through', 'Sell-through'), ('orders', 'Orders'), ('invoices', 'Invoices'), ('open_items', 'Open items'), ('stock', 'Stock'), ('shipments', 'Shipments'), ('service', 'Service'), ('prices', 'Prices to shoppers'), ('rates', 'Exchange rates')], max_length=20, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='importbatch',
            name='kind',
            field=models.CharField(choices=[('accounts', 'Accounts'), ('stores', 'Stores'), ('products', 'Products'), ('sell_through', 'Sell-through'), ('orders', 'Orders'), ('invoices', 'Invoices'), ('open_items', 'Open items'), ('stock', 'Stock'), ('shipments', 'Shipments'), ('service', 'Service'), ('prices', 'Prices to shoppers'), ('rates', 'Exchange rates')], max_length=20, verbose_name='kind'),
        ),
        migrations.CreateModel(
            name='ExchangeRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z', 'Use the three capital letters of the currency, such as EUR.')], verbose_name='currency')),
                ('day', models.DateField(verbose_name='day')),
                ('per_euro', models.DecimalField(decimal_places=8, max_digits=18, verbose_name='units for one euro')),
                ('batch', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kpis.importbatch')),
            ],
            options={
                'verbose_name': 'exchange rate',
                'ordering': ['currency', '-day'],
                'constraints': [models.UniqueConstraint(fields=('currency', 'day'), name='exchangerate_once'), models.CheckConstraint(condition=models.Q(('per_euro__gt', 0)), name='exchangerate_positive', violation_error_message='A rate is more than nothing.')],
            },
        ),
        migrations.CreateModel(
            name='PriceObservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('observed_on', models.DateField(verbose_name='seen')),
                ('place', models.CharField(max_length=80, verbose_name='place')),
                ('price', models.DecimalField(decimal_places=4, max_digits=18, verbose_name='price to shoppers')),
                ('regular_price', models.DecimalField(decimal_places=4, max_digits=18, null=True, verbose_name='price without promotion')),
                ('is_promotion', models.BooleanField(default=False, verbose_name='promotion')),
                ('currency', models.CharField(max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z', 'Use the three capital letters of the currency, such as EUR.')])),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='price_observations', to='accounts.account')),
                ('batch', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kpis.importbatch')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kpis.product')),
            ],
            options={
                'verbose_name': 'price observation',
                'ordering': ['-observed_on', 'product', 'place'],
                'indexes': [models.Index(fields=['account', 'observed_on'], name='priceobservation_day')],
                'constraints': [models.UniqueConstraint(fields=('account', 'product', 'observed_on', 'place'), name='priceobservation_once'), models.CheckConstraint(condition=models.Q(('price__gte', 0)), name='priceobservation_positive', violation_error_message='A price cannot be negative.')],
            },
        ),
        migrations.CreateModel(
            name='ServiceFact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(max_length=40, verbose_name='metric')),
                ('week', models.DateField(verbose_name='week')),
                ('numerator', models.DecimalField(decimal_places=4, max_digits=18, verbose_name='numerator')),
                ('denominator', models.DecimalField(decimal_places=4, max_digits=18, verbose_name='denominator')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='service_facts', to='accounts.account')),
                ('batch', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kpis.importbatch')),
            ],
            options={
                'verbose_name': 'service fact',
                'ordering': ['account', 'metric', '-week'],
                'indexes': [models.Index(fields=['account', 'week'], name='servicefact_week')],
                'constraints': [models.UniqueConstraint(fields=('account', 'metric', 'week'), name='servicefact_once'), models.CheckConstraint(condition=models.Q(('denominator__gte', 0)), name='servicefact_denominator_positive', violation_error_message='What a part is taken of cannot be negative.')],
            },
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=60, verbose_name='shipment')),
                ('order_number', models.CharField(blank=True, db_default='', default='', max_length=60, verbose_name='order')),
                ('carrier', models.CharField(blank=True, db_default='', default='', max_length=80, verbose_name='carrier')),
                ('tracking', models.CharField(blank=True, db_default='', default='', max_length=80, verbose_name='tracking number')),
                ('shipped_on', models.DateField(verbose_name='shipped')),
                ('promised_on', models.DateField(null=True, verbose_name='promised')),
                ('delivered_on', models.DateField(null=True, verbose_name='delivered')),
                ('units', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='units')),
                ('freight', models.DecimalField(decimal_places=2, max_digits=18, null=True, verbose_name='freight')),
                ('expedite', models.DecimalField(decimal_places=2, max_digits=18, null=True, verbose_name='express surcharge')),
                ('handling', models.DecimalField(decimal_places=2, max_digits=18, null=True, verbose_name='handling')),
                ('penalties', models.DecimalField(decimal_places=2, max_digits=18, null=True, verbose_name='penalties')),
                ('returns', models.DecimalField(decimal_places=2, max_digits=18, null=True, verbose_name='cost of returns')),
                ('currency', models.CharField(max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z', 'Use the three capital letters of the currency, such as EUR.')])),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='accounts.account')),
                ('batch', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kpis.importbatch')),
                ('store', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.store')),
            ],
            options={
                'verbose_name': 'shipment',
                'ordering': ['-shipped_on', 'number'],
                'indexes': [models.Index(fields=['account', 'shipped_on'], name='shipment_day')],
                'constraints': [models.UniqueConstraint(fields=('account', 'number'), name='shipment_once'), models.CheckConstraint(condition=models.Q(('units__gte', 0)), name='shipment_units_positive', violation_error_message='A shipment cannot have fewer units than none.'), models.CheckConstraint(condition=models.Q(('delivered_on__gte', models.F('shipped_on'))), name='shipment_dates_in_order', violation_error_message='A shipment cannot be delivered before it is shipped.')],
            },
        ),
        migrations.RunSQL(MAKE.replace("{tables}", AFTER), MAKE.replace("{tables}", BEFORE)),
    ]
