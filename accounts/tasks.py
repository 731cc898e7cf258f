"""Celery entry points of the accounts floor. Beat rings; what was done stands in Postgres."""

from celery import shared_task

from accounts import digest, notifications


@shared_task
def tell_people():
    """Fill the inboxes from what happened."""
    notifications.read_on()


@shared_task
def plan_digests():
    """Queue the daily mail of everybody whose hour has come."""
    digest.plan()
