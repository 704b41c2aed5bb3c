"""What `docker compose` runs beside the services: keys and passwords, Kafka's principals, and the example."""
