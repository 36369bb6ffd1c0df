#!/usr/bin/env bash
# The classic three-step walk of OAuth 1.0a on the command line, and the issue JJ-2 at its end.
#
#   examples/cli-walk.sh                  against the sandbox: you approve in the browser and type the code
#   examples/cli-walk.sh --auto-approve   against the sandbox, which approves by itself (needs curl)
#   JIRA_HOME=https://jira.example.com/jira examples/cli-walk.sh     against your own Jira
#
# LATCHKEY is the command to run, ISSUE the issue to read. Data goes to stdout, words to stderr; nothing is kept.
set -euo pipefail
latchkey() { ${LATCHKEY:-npx --no-install latchkey} "$@"; }
say() { printf '%s\n' "$*" >&2; }

work=$(mktemp -d)
sandbox=
clean_up() {
  if [[ -n $sandbox ]]; then kill -- "-$sandbox" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap clean_up EXIT
export LATCHKEY_HOME=$work/home

say "A key pair, as the tutorial makes it with openssl"
one_line=$(latchkey keys generate --out "$work" | tail -n 1)

if [[ -z ${JIRA_HOME:-} ]]; then
  say "A Jira that knows the consumer OauthKey by its public key"
  set -m # a process group of its own, to end it with all it started
  latchkey sandbox --port 0 --json --consumer "OauthKey=$work/jira_publickey.pem" \
    ${1:+--auto-approve alana} >"$work/sandbox.json" </dev/null &
  sandbox=$!
  set +m
  for _ in {1..100}; do [[ -s $work/sandbox.json ]] && break || sleep 0.2; done
  JIRA_HOME=$(sed -n 's/.*"dataCenterUrl":"\([^"]*\)".*/\1/p' "$work/sandbox.json")
fi

say "The settings file of the tutorial"
cat >"$work/config.properties" <<PROPERTIES
jira_home=${JIRA_HOME//:/\\:}
consumer_key=OauthKey
private_key=${one_line//=/\\=}
PROPERTIES
latchkey registrations add walk --from "$work/config.properties" >/dev/null
if [[ -z $sandbox ]]; then
  say "What to paste where; press Enter when it is done"
  latchkey registrations show walk >&2
  read -r
fi

say "Step 1: a request token"
latchkey request-token | tee "$work/request-token"
authorize_url=$(grep -oE 'https?://[^ ]+' "$work/request-token")

if [[ ${1:-} == --auto-approve ]]; then
  page=$(curl -fsSL "$authorize_url")
  [[ ${page//"&#39;"/"'"} =~ verification\ code\ is\ \'([A-Za-z0-9]{6})\' ]]
  code=${BASH_REMATCH[1]}
else
  say "Open that address, sign in (in the sandbox as alana / alana), press Allow, and type the verification code:"
  read -r code
fi

say "Step 2: the access token"
latchkey access-token "$code"

say "Step 3: a request in the name of the person who approved"
latchkey request "$JIRA_HOME/rest/api/latest/issue/${ISSUE:-JJ-2}"
