"""Runs whenever the program is built, also for an editable install: data files that are not whole are not shipped."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KnowledgeHook(BuildHookInterface[Any]):
    """Refuses to build with a data file that the schema refuses."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  (the interface's own)
        """Check the data files of the tree that is built."""
        sys.path.insert(0, self.root)
        try:
            from loganalyzer.knowledge.schema import problems  # noqa: PLC0415  (of this tree)
        finally:
            sys.path.remove(self.root)
        found = list(problems(Path(self.root, "loganalyzer", "knowledge", "documents")))
        if found:
            raise ValueError(
                "\n".join(["data files of loganalyzer/knowledge/documents are not whole:", *found])
            )
