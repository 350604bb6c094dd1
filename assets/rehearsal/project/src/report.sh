# Prints an expense list on standard input as `name  euros`, one item a row.
report() {
    while IFS='=' read -r name cents || [ -n "$name" ]; do
        case $name in
            '' | '#'*) continue ;;
        esac
        printf '%-12s %d.%02d\n' "$name" $((cents / 100)) $((cents % 100))
    done
}
