# SPDX-License-Identifier: Apache-2.0
# The headers of the house that the egress hook needs, as the one header that
# is installed. A part ends with a blank line at the outermost level; kept are
# comments of files, includes of others' headers, macros and types.

function flush(   code) {
    code = part
    gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "", code)
    sub(/^[ \t\n]+/, "", code)
    if (code ~ /^(#|typedef|struct|enum)/ || (code == "" && part ~ /@file/))
        out = out part "\n"
    part = ""
    depth = 0
}

BEGIN {
    print "/* SPDX-License-Identifier: Apache-2.0 */"
    print "/* Made from mod_wfp's sources by make: the contract of the egress hook,"
    print " * docs/egress-filters.md. It needs httpd's and APR's headers only. */"
    print "#ifndef MOD_WFP_H\n#define MOD_WFP_H\n"
}

/^#include "/ || /SPDX-License/ { next }
/^#(ifndef|define|endif)/ && (/WFP_[A-Z_]+_H$/ || /^#endif$/) { next }

{
    if ($0 == "" && depth == 0) {
        flush()
        next
    }
    part = part $0 "\n"
    depth += gsub(/{/, "{") - gsub(/}/, "}")
}

END {
    flush()
    printf "%s", out
    print "#endif"
}
