"""Draws the pictures of the pages in Learn, from trainings with the library as it is."""


def write(folder):
    folder.mkdir(exist_ok=True)
