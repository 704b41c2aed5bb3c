"""A real Apache Kafka on this machine, without containers: for tests and for trying."""
