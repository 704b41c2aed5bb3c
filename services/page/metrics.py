"""What ops sees of the page's host: what it serves. Nobody's looking at it is counted, not even in steps."""

from prometheus_client import CollectorRegistry, Gauge

from shared.parties import Book


class Metrics:
    """Of one process, the same from its start to its end."""

    def __init__(self, files: int, book: Book) -> None:
        self.registry = CollectorRegistry()
        Gauge("klankbord_page_files", "Files that are served.", registry=self.registry).set(files)
        generation = Gauge("klankbord_page_generation", "Generation of parties.json.", registry=self.registry)
        generation.set(book.current.generation)
