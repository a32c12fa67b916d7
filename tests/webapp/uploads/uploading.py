"""A client of ``/api/uploads``."""

from __future__ import annotations

from tests.programs.system import Answer, System

RAW = {"Content-Type": "application/octet-stream"}


class Phone:
    """Sends files with the rights of a header.

    Args:
        system: receives them.
        proof: the header.
    """

    def __init__(self, system: System, proof: dict[str, str]) -> None:
        self.system = system
        self.proof = proof

    def begin(self, name: str, size: int) -> Answer:
        return self.system.post("api/uploads", {"name": name, "size": size}, self.proof)

    def put(self, upload_id: str, offset: int, data: bytes) -> Answer:
        path = f"api/uploads/{upload_id}?offset={offset}"
        return self.system.ask("PUT", path, data, self.proof | RAW)

    def get(self, upload_id: str) -> Answer:
        return self.system.get(f"api/uploads/{upload_id}", self.proof)

    def send(self, name: str, content: bytes) -> Answer:
        """Return the answer to the last part, or to what went wrong before."""
        begun = self.begin(name, len(content))
        if begun.status != 201:
            return begun
        part: int = begun.json["part"]
        answer = begun
        for start in range(0, len(content), part):
            answer = self.put(begun.json["id"], start, content[start : start + part])
            if answer.status != 200:
                return answer
        return answer


def link_of(system: System, role: str) -> dict[str, str]:
    """Return the header of a remote or guest of a new player."""
    made = system.get("api/id").json
    player = system.post("api/credentials", made).json
    if role == "player":
        return {"Authorization": f"Bearer {player['password']}"}
    key = player["links"][role]["url"].rpartition(".")[2]
    given = system.post("api/credentials", {"id": made["id"], "key": key}).json
    return {"Authorization": f"Bearer {given['password']}"}
