# SPDX-License-Identifier: Apache-2.0
"""The test framework: a real httpd, an origin, a client, tenants."""
