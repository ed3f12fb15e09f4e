# SPDX-License-Identifier: Apache-2.0
"""Files that are dragged to a browser from elsewhere."""


def drop(browser, css, *paths):
    """Files or folders, dropped on an element."""
    box = browser.one(css).rect
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.driver.execute_cdp_cmd("Input.dispatchDragEvent", {
            "type": kind, "x": box["x"] + 20, "y": box["y"] + 20,
            "data": {"items": [], "files": [str(p) for p in paths],
                     "dragOperationsMask": 1}})
