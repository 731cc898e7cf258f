from django.apps import AppConfig


class TradetermsConfig(AppConfig):
    name = "tradeterms"
