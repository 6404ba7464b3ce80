"""From a plan to values: sessions, feeds and fetches, fit."""
