"""Address files as services have them (shared/log/kafka_address.py), for a Kafka on this machine."""

from pathlib import Path


def write_address(folder: Path, servers: str, user: str, password: str, name: str = "kafka") -> Path:
    """<name>.toml and <name>.password (0600) in a folder that is there; the path of the former.

    `servers`: of all nodes, with commas between; each of them keeps each topic.
    """
    secret = folder / f"{name}.password"
    secret.touch(0o600)
    secret.write_text(password)
    file = folder / f"{name}.toml"
    nodes = servers.split(",")
    listed = ", ".join(f'"{node}"' for node in nodes)
    values = f'servers = [{listed}]\nuser = "{user}"\npassword_file = "{secret.name}"\ntls = false\n'
    file.write_text(f"{values}replicas = {len(nodes)}\n")
    return file
