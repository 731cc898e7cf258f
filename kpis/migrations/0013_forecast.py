
import django.contrib.postgres.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_notification'),
        ('kpis', '0012_product_week_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ForecastNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('made_on', models.DateField(verbose_name='made')),
                ('cause', models.CharField(max_length=300, verbose_name='cause')),
                ('acknowledged_at', models.DateTimeField(editable=False, null=True, verbose_name='acknowledged')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='forecast_notices', to='accounts.account', verbose_name='account')),
                ('acknowledged_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.team', verbose_name='addressed to')),
            ],
            options={
                'verbose_name': 'change notice',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='ForecastOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('week', models.DateField(verbose_name='week')),
                ('units', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='units')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='forecast_overrides', to='accounts.account', verbose_name='account')),
                ('author', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kpis.product', verbose_name='product')),
            ],
            options={
                'verbose_name': 'override',
                'ordering': ['account', 'product', 'week'],
            },
        ),
        migrations.CreateModel(
            name='ForecastScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lag', models.PositiveSmallIntegerField(verbose_name='weeks ahead')),
                ('week', models.DateField(verbose_name='week')),
                ('products', models.PositiveIntegerField(verbose_name='products')),
                ('actual', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='sold')),
                ('agreed_wrong', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='absolute error, agreed')),
                ('baseline_wrong', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='absolute error, baseline')),
                ('naive_wrong', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='absolute error, last year')),
                ('agreed_over', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='error, agreed')),
                ('baseline_over', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='error, baseline')),
                ('naive_over', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='error, last year')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account')),
                ('author', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
            ],
            options={
                'verbose_name': 'forecast accuracy',
                'ordering': ['-week', 'account', 'lag'],
            },
        ),
        migrations.CreateModel(
            name='ForecastSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField(verbose_name='as of')),
                ('made_on', models.DateField(verbose_name='made')),
                ('method', models.CharField(blank=True, choices=[('', 'No baseline'), ('seasonal_naive', 'Last year'), ('level', 'Level'), ('intermittent', 'Now and then'), ('last_year_scaled', 'Last year, scaled'), ('shared_season', "Level and the account's season"), ('season', 'Level and season'), ('damped_trend', 'Damped trend'), ('blend', 'Mean of several')], max_length=20, verbose_name='method')),
                ('refusal', models.CharField(blank=True, choices=[('', ''), ('nothing_known', 'no week is known'), ('too_short', 'fewer than 8 weeks are known'), ('asleep', 'not sold for 26 weeks')], max_length=20, verbose_name='why there is none')),
                ('weeks', models.PositiveSmallIntegerField(verbose_name='weeks known')),
                ('gaps', models.PositiveSmallIntegerField(verbose_name='weeks not reported')),
                ('stockouts', models.PositiveSmallIntegerField(verbose_name='weeks out of stock, left out')),
                ('tested', models.PositiveSmallIntegerField(verbose_name='weeks in the back-test')),
                ('error', models.DecimalField(decimal_places=4, max_digits=9, null=True, verbose_name='WAPE in the back-test')),
                ('naive_error', models.DecimalField(decimal_places=4, max_digits=9, null=True, verbose_name='WAPE of last year')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account')),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kpis.product')),
            ],
            options={
                'verbose_name': 'forecast series',
                'ordering': ['account', 'product'],
            },
        ),
        migrations.CreateModel(
            name='ForecastVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField(verbose_name='week')),
                ('lag', models.PositiveSmallIntegerField(verbose_name='weeks ahead')),
                ('baseline', models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name='baseline')),
                ('naive', models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name='last year')),
                ('agreed', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='agreed')),
                ('frozen_on', models.DateField(verbose_name='frozen')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('author', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kpis.product')),
            ],
            options={
                'verbose_name': 'frozen forecast',
                'ordering': ['account', 'week', 'product', 'lag'],
            },
        ),
        migrations.CreateModel(
            name='ForecastWeek',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField(verbose_name='week')),
                ('baseline', models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name='baseline')),
                ('low', models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name='low')),
                ('high', models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name='high')),
                ('naive', models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name='last year')),
                ('planned', models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name='with events')),
                ('agreed', models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name='agreed')),
                ('told', models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name='told to logistics')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account')),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kpis.product')),
            ],
            options={
                'verbose_name': 'forecast',
                'ordering': ['account', 'product', 'week'],
            },
        ),
        migrations.CreateModel(
            name='NoticeLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField(verbose_name='week')),
                ('before', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='before')),
                ('after', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='after')),
                ('notice', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='kpis.forecastnotice')),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kpis.product')),
            ],
            options={
                'verbose_name': 'line of a change notice',
                'ordering': ['notice', 'product', 'week'],
            },
        ),
        migrations.CreateModel(
            name='SupplyCap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('starts', models.DateField(verbose_name='first week')),
                ('ends', models.DateField(verbose_name='last week')),
                ('units', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='units there are')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='supply_caps', to='kpis.product', verbose_name='product')),
            ],
            options={
                'verbose_name': 'supply limit',
                'ordering': ['-starts', 'product'],
            },
        ),
        migrations.CreateModel(
            name='SupplyCommitment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('minimum', models.DecimalField(decimal_places=3, default=0, max_digits=14, verbose_name='units promised')),
                ('priority', models.PositiveSmallIntegerField(default=5, verbose_name='priority')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account', verbose_name='account')),
                ('cap', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='commitments', to='kpis.supplycap', verbose_name='supply limit')),
            ],
            options={
                'verbose_name': 'promise of supply',
                'ordering': ['cap', 'priority', 'account'],
            },
        ),
        migrations.CreateModel(
            name='SupplyShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField(verbose_name='week')),
                ('asked', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='wanted')),
                ('given', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='given')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account', verbose_name='account')),
                ('cap', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='kpis.supplycap', verbose_name='supply limit')),
            ],
            options={
                'verbose_name': 'share of supply',
                'ordering': ['cap', 'account', 'week'],
            },
        ),
        migrations.CreateModel(
            name='ForecastEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('kind', models.CharField(choices=[('promotion', 'Promotion'), ('holiday', 'Holiday'), ('listing', 'Listing'), ('delisting', 'Delisting'), ('other', 'Other event')], max_length=12, verbose_name='kind')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('starts', models.DateField(verbose_name='from')),
                ('ends', models.DateField(blank=True, null=True, verbose_name='to')),
                ('uplift', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True, verbose_name='change')),
                ('units', models.DecimalField(blank=True, decimal_places=3, max_digits=14, null=True, verbose_name='units a week')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='forecast_events', to='accounts.account', verbose_name='account')),
                ('product', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kpis.product', verbose_name='product')),
            ],
            options={
                'verbose_name': 'event',
                'ordering': ['-starts', 'name'],
                'indexes': [models.Index(fields=['account', 'starts'], name='forecastevent_start')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends', None), ('ends__gte', models.F('starts')), _connector='OR'), name='forecastevent_dates_in_order', violation_error_message='An event cannot end before it starts.'), models.CheckConstraint(condition=models.Q(('uplift', None), ('units', None), _connector='XOR'), name='forecastevent_one_effect', violation_error_message='Say either by how much sales change or how many units a week are sold.'), models.CheckConstraint(condition=models.Q(('uplift', None), models.Q(('uplift__gte', -1), ('uplift__lte', 20)), _connector='OR'), name='forecastevent_uplift_possible', violation_error_message='Sales fall to nothing at most, and rise twentyfold at most.'), models.CheckConstraint(condition=models.Q(('units', None), models.Q(('product__isnull', False), ('units__gte', 0)), _connector='OR'), name='forecastevent_units_of_a_product', violation_error_message='Units a week are said of one product, and are not negative.')],
            },
        ),
        migrations.AddIndex(
            model_name='forecastnotice',
            index=models.Index(fields=['account', '-id'], name='forecastnotice_account'),
        ),
        migrations.AddIndex(
            model_name='forecastnotice',
            index=models.Index(fields=['team', '-id'], name='forecastnotice_team'),
        ),
        migrations.AddConstraint(
            model_name='forecastnotice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('acknowledged_at', None), ('acknowledged_by', None)), models.Q(('acknowledged_at__isnull', False), ('acknowledged_by__isnull', False)), _connector='OR'), name='forecastnotice_acknowledged_by_somebody', violation_error_message='An acknowledgement has a person and a time.'),
        ),
        migrations.AddConstraint(
            model_name='forecastoverride',
            constraint=models.UniqueConstraint(fields=('account', 'product', 'week'), name='forecastoverride_once', violation_error_message='Somebody has set this figure already: change it instead.'),
        ),
        migrations.AddConstraint(
            model_name='forecastoverride',
            constraint=models.CheckConstraint(condition=models.Q(('units__gte', 0)), name='forecastoverride_units_positive', violation_error_message='A forecast cannot be negative.'),
        ),
        migrations.AddConstraint(
            model_name='forecastoverride',
            constraint=models.CheckConstraint(condition=models.Q(('week__iso_week_day', 1)), name='forecastoverride_monday', violation_error_message='A week is named by its Monday.'),
        ),
        migrations.AddIndex(
            model_name='forecastscore',
            index=models.Index(fields=['lag', 'week', 'account'], name='forecastscore_week'),
        ),
        migrations.AddConstraint(
            model_name='forecastscore',
            constraint=models.UniqueConstraint(fields=('account', 'lag', 'week', 'author'), name='forecastscore_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='forecastseries',
            constraint=models.UniqueConstraint(fields=('account', 'product'), name='forecastseries_once'),
        ),
        migrations.AddConstraint(
            model_name='forecastseries',
            constraint=models.CheckConstraint(condition=models.Q(('method', ''), ('refusal', ''), _connector='XOR'), name='forecastseries_method_or_refusal', violation_error_message='A series has a method, or a reason why it has none.'),
        ),
        migrations.AddConstraint(
            model_name='forecastversion',
            constraint=models.UniqueConstraint(fields=('account', 'lag', 'week', 'product'), name='forecastversion_once'),
        ),
        migrations.AddConstraint(
            model_name='forecastversion',
            constraint=models.CheckConstraint(condition=models.Q(('week__iso_week_day', 1)), name='forecastversion_monday', violation_error_message='A week is named by its Monday.'),
        ),
        migrations.AddConstraint(
            model_name='forecastweek',
            constraint=models.UniqueConstraint(fields=('account', 'product', 'week'), name='forecastweek_once'),
        ),
        migrations.AddConstraint(
            model_name='forecastweek',
            constraint=models.CheckConstraint(condition=models.Q(('week__iso_week_day', 1)), name='forecastweek_monday', violation_error_message='A week is named by its Monday.'),
        ),
        migrations.AddConstraint(
            model_name='noticeline',
            constraint=models.UniqueConstraint(fields=('notice', 'product', 'week'), name='noticeline_once'),
        ),
        migrations.AddConstraint(
            model_name='supplycap',
            constraint=models.CheckConstraint(condition=models.Q(('ends__gte', models.F('starts'))), name='supplycap_weeks_in_order', violation_error_message='The last week cannot be before the first.'),
        ),
        migrations.AddConstraint(
            model_name='supplycap',
            constraint=models.CheckConstraint(condition=models.Q(('ends__iso_week_day', 1), ('starts__iso_week_day', 1)), name='supplycap_mondays', violation_error_message='A week is named by its Monday.'),
        ),
        migrations.AddConstraint(
            model_name='supplycap',
            constraint=models.CheckConstraint(condition=models.Q(('units__gte', 0)), name='supplycap_units_positive', violation_error_message='There cannot be less than nothing.'),
        ),
        migrations.AddConstraint(
            model_name='supplycap',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func(models.F('product'), models.F('product'), models.Value('[]'), function='int8range'), '&&'), (models.Func(models.F('starts'), models.F('ends'), models.Value('[]'), function='daterange'), '&&')], name='supplycap_once_a_week', violation_error_message='The product has a limit in some of these weeks already.'),
        ),
        migrations.AddConstraint(
            model_name='supplycommitment',
            constraint=models.UniqueConstraint(fields=('cap', 'account'), name='supplycommitment_once', violation_error_message='The account has a promise already: change it instead.'),
        ),
        migrations.AddConstraint(
            model_name='supplycommitment',
            constraint=models.CheckConstraint(condition=models.Q(('minimum__gte', 0)), name='supplycommitment_minimum_positive', violation_error_message='There cannot be less than nothing.'),
        ),
        migrations.AddConstraint(
            model_name='supplycommitment',
            constraint=models.CheckConstraint(condition=models.Q(('priority__gte', 1), ('priority__lte', 9)), name='supplycommitment_priority_possible', violation_error_message='A priority is a number from 1, served first, to 9.'),
        ),
        migrations.AddIndex(
            model_name='supplyshare',
            index=models.Index(fields=['account', 'week'], name='supplyshare_account'),
        ),
        migrations.AddConstraint(
            model_name='supplyshare',
            constraint=models.UniqueConstraint(fields=('cap', 'account', 'week'), name='supplyshare_once'),
        ),
        migrations.AddConstraint(
            model_name='supplyshare',
            constraint=models.CheckConstraint(condition=models.Q(('given__gte', 0), ('given__lte', models.F('asked'))), name='supplyshare_within_what_is_wanted', violation_error_message='Nobody gets more than they want.'),
        ),
    ]
