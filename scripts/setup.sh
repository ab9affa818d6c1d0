# Sourced by ./run and ./test, which set $root: makes the machine able to build and run polymath.
# Everything here looks first and does nothing twice; what it cannot do itself it names.

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "error: $1"
    say "hint: $2"
    exit 1
}

# Whether a file matches one of the patterns.
there() {
    for file in "$@"; do
        if [ -e "$file" ]; then return 0; fi
    done
    return 1
}

# The same directory as polymath_model::store::home().
set_home() {
    if [ -n "${POLYMATH_HOME:-}" ]; then return 0; fi
    [ -n "${HOME:-}" ] || fail "neither HOME nor POLYMATH_HOME is set" "set POLYMATH_HOME to a directory"
    case "$(uname -s)" in
        Darwin) POLYMATH_HOME="$HOME/Library/Application Support/polymath" ;;
        *) POLYMATH_HOME="${XDG_DATA_HOME:-$HOME/.local/share}/polymath" ;;
    esac
    export POLYMATH_HOME
}

# Debian package names of what is missing.
missing_on_debian() {
    command -v c++ >/dev/null || printf ' g++'
    command -v make >/dev/null || printf ' make'
    command -v cmake >/dev/null || printf ' cmake'
    command -v clang >/dev/null || printf ' clang'
    there /usr/lib/llvm-*/lib/libclang*.so* /usr/lib/*/libclang*.so* || printf ' libclang-dev'
    command -v pkg-config >/dev/null || printf ' pkg-config'
    there /usr/lib/*/libpython3.[0-9]*.so || printf ' python3-dev'
    there /usr/lib/python3.*/ensurepip/__init__.py || printf ' python3-venv'
    there /usr/share/fonts/*/*/*CJK* || printf ' fonts-noto-cjk'
}

# Installs Debian packages; none is no work.
install_packages() {
    packages="$1"
    if [ -z "$packages" ]; then return 0; fi
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null; then
        as_root="sudo"
    else
        fail "these packages are missing:$packages" "as root: apt-get install$packages"
    fi
    say "installing$packages"
    # shellcheck disable=SC2086 # the words are meant to be split
    {
        $as_root apt-get update -qq >&2 &&
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >&2
    } || fail "apt-get could not install$packages" "see its messages above; then run this again"
}

# Elsewhere the machine is its owner's: say what to install.
check_elsewhere() {
    missing=""
    for program in c++ cmake clang pkg-config python3; do
        command -v "$program" >/dev/null || missing="$missing $program"
    done
    if [ -z "$missing" ]; then return 0; fi
    if [ "$(uname -s)" = Darwin ]; then
        how="xcode-select --install; brew install cmake llvm pkgconf python"
    elif command -v dnf >/dev/null; then
        how="sudo dnf install gcc-c++ make cmake clang clang-devel pkgconf python3-devel google-noto-sans-cjk-fonts"
    elif command -v pacman >/dev/null; then
        how="sudo pacman -S base-devel cmake clang pkgconf python noto-fonts-cjk"
    else
        how="install a C++ compiler, make, cmake, clang with libclang, pkg-config, Python 3 with headers, a CJK font"
    fi
    fail "not found:$missing" "$how"
}

check_cargo() {
    if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-${HOME:-}/.cargo}/bin/cargo" ]; then
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
        export PATH
    fi
    command -v cargo >/dev/null ||
        fail "cargo was not found" "install Rust with rustup (https://rustup.rs), then run this again"
    # Older ones stop at the manifests with messages that name neither themselves nor the cure.
    want=$(sed -n 's/^rust-version = "1\.\([0-9]*\).*/\1/p' "$root/Cargo.toml")
    have=$(cd "$root" && cargo --version | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
    if [ "${have:-0}" -lt "${want:-0}" ]; then
        fail "cargo 1.$have is too old: 1.$want is needed" "rustup update"
    fi
}

# The virtual environment that sandboxed code imports from. Rebuilt when the list of packages or
# the interpreter has changed; one that POLYMATH_PYTHON names and that was not made here is left alone.
make_python_environment() {
    requirements="$root/sandbox/requirements.txt"
    environment="${POLYMATH_PYTHON:-$POLYMATH_HOME/python}"
    # What `polymath python add` installed.
    added="$POLYMATH_HOME/python-packages.txt"
    stamp="$(cksum <"$requirements") $("$PYO3_PYTHON" -V 2>&1) $PYO3_PYTHON"
    if [ "$(cat "$environment/polymath-stamp" 2>/dev/null)" = "$stamp" ]; then return 0; fi
    if [ -n "${POLYMATH_PYTHON:-}" ] && [ -e "$environment" ] && [ ! -e "$environment/polymath-stamp" ]; then
        return 0
    fi
    say "making the Python environment in $environment"
    mkdir -p "$(dirname "$environment")"
    if [ -e "$added" ]; then set -- -r "$requirements" -r "$added"; else set -- -r "$requirements"; fi
    # uv is faster, and reads pip's configuration in its own way: where it fails, pip has a try.
    {
        "$PYO3_PYTHON" -m venv --clear "$environment" >&2 && {
            { command -v uv >/dev/null && uv pip install --quiet --python "$environment/bin/python" "$@" >&2; } ||
                "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2
        }
    } || fail "the Python environment could not be made" "see the messages above; then run this again"
    printf '%s\n' "$stamp" >"$environment/polymath-stamp"
}

# Whether the page can be built here: npm, and a Node.js that Vite runs on (20.19 or 22.12).
has_node() {
    command -v npm >/dev/null && command -v node >/dev/null &&
        node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b > 11) || (a === 20 && b > 18) ? 0 : 1)'
}

# The packages that web/package-lock.json names, in web/node_modules; browsers come from elsewhere.
install_node_packages() {
    (cd "$root/web" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-fund --no-audit --silent >&2) ||
        fail "npm could not install the page's packages" "see its messages above; then run this again"
}

set_up() {
    set_home
    # Relative to where the user stands, not to the checkout.
    case "${CARGO_TARGET_DIR:=$root/target}" in
        /*) ;;
        *) CARGO_TARGET_DIR="$PWD/$CARGO_TARGET_DIR" ;;
    esac
    export CARGO_TARGET_DIR
    if [ -e /etc/debian_version ] && command -v apt-get >/dev/null; then
        install_packages "$(missing_on_debian)"
        # Not some other python3 of the PATH: it must be the one the development package belongs to.
        PYO3_PYTHON="${PYO3_PYTHON:-/usr/bin/python3}"
    else
        check_elsewhere
        PYO3_PYTHON="${PYO3_PYTHON:-$(command -v python3)}"
    fi
    export PYO3_PYTHON
    check_cargo
    make_python_environment
}

# Builds everything; says so only when there is something to build.
build() {
    binary="$CARGO_TARGET_DIR/release/polymath"
    quiet="--quiet"
    if [ ! -x "$binary" ]; then
        say "building polymath (llama.cpp included: the first time takes some minutes)"
        quiet=""
    elif [ -n "$(cd "$root" && find Cargo.* cli chat agent llama model server tools reader sandbox web/dist -newer "$binary" -type f | head -n 1)" ]; then
        quiet=""
    fi
    # In the checkout, so that .cargo/config.toml counts.
    # shellcheck disable=SC2086
    (cd "$root" && cargo build --release --workspace $quiet ${POLYMATH_FEATURES:+--features "$POLYMATH_FEATURES"}) >&2 ||
        fail "the build failed" "see the messages above"
}
