"""What whoever administers a Kafka can do to the services that meet in it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ACLOperation, ConfigResource, ConfigResourceType

from deploy.kafka import rights, setup
from deploy.kafka.addresses import write_address
from deploy.kafka.administrator import administrator
from deploy.kafka.broker import ADMIN
from deploy.trial.installation import Installation, principals
from deploy.trial.kept import OnKafka
from shared.log.kafka_address import MECHANISMS, Address

PATIENCE = 30.0
"""Seconds within which Kafka takes a record; milliseconds are usual."""


class Kafka(OnKafka):
    """A real one, with a user and exactly its rights for each service of a suite with one issuer."""

    def __init__(self, root: Path, servers: str, password: str) -> None:
        """`root`: a folder for the address file. `password`: the administrator's."""
        super().__init__(root)
        self.principals = principals(1)
        self.servers = servers
        self.address = Address.read(write_address(root, servers, ADMIN, password))
        self.prepare(servers, password, self.principals.values())

    @contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        with closing(administrator(self.address)) as client:
            yield client

    def set_topic(self, topic: str, **settings: str) -> None:
        configs = {name.replace("_", "."): value for name, value in settings.items()}
        with self.admin() as client:
            client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])

    def set_password(self, user: str, password: str) -> None:
        with self.admin() as client:
            setup.set_users(client, MECHANISMS[0], {user: password})

    def tell_password(self, installation: Installation, service: str, password: str | None = None) -> None:
        """Put a password where a service looks for it; the one that it had at first if none is said."""
        user = self.principals[service]
        write_address(installation.services[service].home, self.servers, user, password or self._passwords[user])

    def withdraw(self, service: str, topic: str, *operations: ACLOperation) -> None:
        """Take rights to a topic, or to those with a prefix, from a service; all that it has if none are named."""
        all_of_them = rights.acls([self.principals[service]])
        some = [acl for acl in all_of_them if acl.resource_pattern.resource_name == topic]
        with self.admin() as client:
            client.delete_acls([setup.only(acl) for acl in some if not operations or acl.operation in operations])

    def give_all_back(self) -> None:
        with self.admin() as client:
            setup.set_rights(client, self.principals.values())

    def append_foreign(self, topic: str, *values: bytes) -> None:
        """Records as other programs make them: with a key, headers and a time, and packed."""
        producer = KafkaProducer(
            bootstrap_servers=list(self.address.servers),
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism=self.address.mechanism,
            sasl_plain_username=self.address.user,
            sasl_plain_password=self.address.password,
            compression_type="gzip",
        )
        with closing(producer):
            sent = [producer.send(topic, value, key=b"key", headers=[("name", b"value")]) for value in values]
            for each in sent:
                each.get(PATIENCE)
