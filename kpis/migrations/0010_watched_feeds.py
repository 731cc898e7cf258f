import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import kam.models.user
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kpis', '0009_column_mappings'),
    ]

    operations = [
        migrations.AddField(
            model_name='batchweek',
            name='store_ids',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), editable=False, null=True, size=None),
        ),
        migrations.AddField(
            model_name='feed',
            name='completeness',
            field=models.PositiveSmallIntegerField(db_default=95, default=95, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='complete from'),
        ),
        migrations.AddField(
            model_name='feed',
            name='expected_stores',
            field=models.CharField(choices=[('usual', 'Those that usually report'), ('all', 'All stores of the account'), ('any', 'Any; not judged')], db_default='usual', default='usual', max_length=8, verbose_name='stores that must report'),
        ),
        migrations.AddField(
            model_name='feed',
            name='hour',
            field=models.PositiveSmallIntegerField(db_default=24, default=24, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(24)], verbose_name='due at'),
        ),
        migrations.AddField(
            model_name='feed',
            name='time_zone',
            field=models.CharField(db_default='UTC', default='UTC', max_length=50, validators=[kam.models.user.known_time_zone], verbose_name='time zone'),
        ),
        migrations.AddField(
            model_name='feed',
            name='tolerance',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='tolerance'),
        ),
        migrations.CreateModel(
            name='AcceptedWeek',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('week', models.DateField(verbose_name='week')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('feed', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='accepted_weeks', to='kpis.feed', verbose_name='feed')),
            ],
            options={
                'verbose_name': 'accepted week',
                'ordering': ['feed', '-week'],
                'constraints': [models.UniqueConstraint(fields=('feed', 'week'), name='acceptedweek_once', violation_error_message='This week is accepted already.'), models.CheckConstraint(condition=models.Q(('week__iso_week_day', 1)), name='acceptedweek_monday', violation_error_message='A week is named by its Monday.')],
            },
        ),
    ]
