"""A stand-in of Google Drive: folders, files and documents, on shared drives and off them."""

from __future__ import annotations

from pmkit.demo.server import Answer, Request, System
from pmkit.demo.story import Story


class GoogleDrive(System):
    """What the drive holds."""

    name = "drive"

    def tell(self, story: Story) -> None:
        """Fill it with a story."""

    def refusal(self, request: Request) -> Answer | None:
        """What is said without the right token."""
        if request.headers.get("authorization") == f"Bearer {self.token}":
            return None
        return Answer({"error": {"code": 401, "message": "Invalid Credentials"}}, 401)
