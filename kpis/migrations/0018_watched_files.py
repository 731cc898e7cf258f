import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kpis', '0017_waiting_orders'),
    ]

    operations = [
        migrations.CreateModel(
            name='WatchedFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=1024, verbose_name='file')),
                ('inode', models.DecimalField(decimal_places=0, max_digits=20)),
                ('size', models.BigIntegerField(verbose_name='bytes')),
                ('changed_ns', models.BigIntegerField()),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kpis.importbatch')),
                ('feed', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kpis.feed')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('feed', 'name'), name='watchedfile_once')],
            },
        ),
    ]
