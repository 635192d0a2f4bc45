"""Queries whose labels grow with each of their levels."""


def nested_label_join(series, label):
    """1 KB of query whose labels would be 14 to the 8th times as long."""
    query = series
    for level in range(8):
        source = f'"{label}"' if level == 0 else f'"x{level - 1}"'
        query = f'label_join({query},"x{level}","",' + ",".join([source] * 14) + ")"
    return query
