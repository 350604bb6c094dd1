# Sums the amounts of an expense list on standard input, in cents.
total() {
    sum=0
    while IFS='=' read -r name cents; do
        case $name in
            '' | '#'*) continue ;;
        esac
        sum=$((sum + cents))
    done
    echo "$sum"
}
