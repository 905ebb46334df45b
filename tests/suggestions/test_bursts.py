"""What a machine says of many items is one thing."""

from __future__ import annotations

from pmkit.suggestions._bursts import find_families


def test_what_a_machine_says_of_many_items_is_one_thing() -> None:
    """Also of an item whose name stands elsewhere; two monitors of one service are two."""
    said = [
        f"[Notice] stock: {item} availability in KIX is 0" for item in ("jug", "cup", "bowl", "lamp", "tray")
    ]
    said += ["[Notice] stock: kettle availability in KIX is 0", "[Notice] stock: kettle orders above 5"]
    said += [
        f"[Warning] stock: {what} above 5" for what in ("holds", "retries", "refunds", "orders", "kettle")
    ]
    said += ["[Warning] kettle kettle"] * 2
    families = find_families([f"#alerts\0bot\0{line}" for line in said])
    assert len(set(families.values())) == 1
    assert [line.rsplit("\0", 1)[1] for line in families] == said[:6]
