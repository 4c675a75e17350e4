#!/bin/sh
# Firefox as people have it: it survives a page that dies. The driver sets the variable, whatever the test says.
unset MOZ_CRASHREPORTER_SHUTDOWN
exec "$FIREFOX_BINARY" "$@"
