#!/usr/bin/env bash
# Hands the tokens of a Jira Cloud to a Psoxy: first the manual steps of OAuth 2.0 (3LO) with curl, as its set-up
# describes them, then the one line that replaces them.
#
#   examples/psoxy-setup.sh                  against the sandbox: you approve in the browser, twice
#   examples/psoxy-setup.sh --auto-approve   against the sandbox, which approves by itself
#   CLIENT_ID=… CLIENT_SECRET_FILE=… SITE=acme.atlassian.net examples/psoxy-setup.sh     against your own Jira Cloud
#
# LATCHKEY is the command to run, SANDBOX the address of a Cloud sandbox that runs already. In the folder OUT
# (default: here) two files are written, readable by you alone: psoxy-by-hand.tfvars and psoxy-by-latchkey.tfvars.
# Needs curl.
set -euo pipefail
umask 077
latchkey() { ${LATCHKEY:-npx --no-install latchkey} "$@"; }
say() { printf '%s\n' "$*" >&2; }
text_of() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; } # a member of flat JSON

work=$(mktemp -d)
sandbox=
clean_up() {
  if [[ -n $sandbox ]]; then kill -- "-$sandbox" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap clean_up EXIT
export LATCHKEY_HOME=$work/home
out=${OUT:-.}
terminal=http://localhost:${CALLBACK_PORT:-8085}/callback

auth=https://auth.atlassian.com
api=https://api.atlassian.com
site=${SITE:-acme}
elsewhere=()
if [[ -z ${CLIENT_ID:-}${SANDBOX:-} ]]; then
  set -m # a process group of its own, to end it with all it started
  latchkey sandbox --port 0 --json --redirect-uri http://localhost --redirect-uri "$terminal" \
    ${1:+--auto-approve alana} >"$work/sandbox.json" </dev/null &
  sandbox=$!
  set +m
  for _ in {1..100}; do [[ -s $work/sandbox.json ]] && break || sleep 0.2; done
  SANDBOX=$(text_of cloudUrl <"$work/sandbox.json")
fi
if [[ -n ${SANDBOX:-} ]]; then
  auth=$SANDBOX
  api=$SANDBOX
  elsewhere=(--auth-url "$auth" --api-url "$api" --cloud-sites "$auth/sites/{name}")
  CLIENT_ID=sandbox-cloud-app
  CLIENT_SECRET_FILE=$work/client-secret
  printf sandbox-cloud-secret >"$CLIENT_SECRET_FILE"
fi
client_secret=$(<"$CLIENT_SECRET_FILE")

# --- By hand -----------------------------------------------------------------------------------------------------

scopes="offline_access read:group:jira read:avatar:jira read:user:jira read:account read:jira-user read:jira-work"
state=state-$RANDOM-$RANDOM
encoded=${scopes// /%20}
consent="$auth/authorize?audience=api.atlassian.com&client_id=$CLIENT_ID&scope=${encoded//:/%3A}"
consent+="&redirect_uri=http%3A%2F%2Flocalhost&state=$state&response_type=code&prompt=consent"

say "1. Open the consent URL and approve; the browser then fails to show an address that begins http://localhost/?"
say "$consent"
if [[ ${1:-} == --auto-approve ]]; then
  redirect=$(curl -sS -o /dev/null -w '%{redirect_url}' "$consent")
else
  say "2. Paste that address:"
  read -r redirect
fi
[[ $redirect =~ [?\&]state=([^\&]*) && ${BASH_REMATCH[1]} == "$state" ]] || { say "That is another dance's."; exit 1; }
[[ $redirect =~ [?\&]code=([^\&]*) ]] || { say "There is no code in it."; exit 1; }

say "3. The code becomes tokens"
printf '{"grant_type":"authorization_code","client_id":"%s","client_secret":"%s","code":"%s","redirect_uri":"%s"}' \
  "$CLIENT_ID" "$client_secret" "${BASH_REMATCH[1]}" http://localhost >"$work/exchange.json"
curl -fsS -H 'Content-Type: application/json' -d "@$work/exchange.json" "$auth/oauth/token" >"$work/tokens.json"
printf 'Authorization: Bearer %s\n' "$(text_of access_token <"$work/tokens.json")" >"$work/header"

say "4. The cloud id of $site"
curl -fsS -H "@$work/header" "$api/oauth/token/accessible-resources" | sed 's/},{/},\n{/g' |
  grep -E "\"url\":\"[^\"]*//([^\"]*/)?$site[\"/]" >"$work/resource.json" || { say "Not among the granted sites: $site"; exit 1; }

cat >"$out/psoxy-by-hand.tfvars" <<TFVARS
jira_cloud_id = "$(head -n 1 "$work/resource.json" | text_of id)"
jira_token_endpoint = "$auth/oauth/token"
jira_client_id = "$CLIENT_ID"
jira_client_secret = "$client_secret"
jira_refresh_token = "$(text_of refresh_token <"$work/tokens.json")"
TFVARS
say "Written: $out/psoxy-by-hand.tfvars"

# --- By Latchkey -------------------------------------------------------------------------------------------------

say "Once: what Jira Cloud knows us by"
latchkey registrations add psoxy --client-id "$CLIENT_ID" --client-secret-file "$CLIENT_SECRET_FILE" \
  --scope "$scopes" --redirect-uri "$terminal" ${elsewhere[@]+"${elsewhere[@]}"} >/dev/null

if [[ ${1:-} == --auto-approve ]]; then
  printf '#!/bin/sh\nexec curl -fsSL "$1"\n' >"$work/browser"
  chmod +x "$work/browser"
  export BROWSER=$work/browser
fi
latchkey connect "$site" >/dev/null && latchkey secrets export --to tfvars --yes >"$out/psoxy-by-latchkey.tfvars"
say "Written: $out/psoxy-by-latchkey.tfvars"
