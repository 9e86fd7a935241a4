# What the scripts of this folder share: settings, messages, processes. Sourced by
# each of them after set -euo pipefail.
# shellcheck shell=bash
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=settings.env
source "$here/settings.env"

flink_line=${FLINK_VERSION%.*}
flink=$CACHE/flink-$FLINK_VERSION

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$@"; exit 1; }

# usage prints the comment at the head of the calling script.
usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0" >&2; exit 2; }

need() { # COMMAND WHAT: the command must be there
	command -v "$1" >/dev/null || die "$1 was not found; install $2"
}

# fill copies its input with $NAME replaced by the setting of that name.
fill() {
	local line
	while IFS= read -r line; do
		while [[ $line =~ \$([A-Z_]+) ]]; do
			line=${line/"\$${BASH_REMATCH[1]}"/"${!BASH_REMATCH[1]}"}
		done
		printf '%s\n' "$line"
	done
}

# job_server is the jar that is in the cache: the matching version's, else the other's.
job_server() {
	local v
	for v in "$BEAM_VERSION" "$BEAM_OTHER_VERSION"; do
		if [[ -e $CACHE/job-server-$flink_line-$v.jar ]]; then
			echo "$CACHE/job-server-$flink_line-$v.jar"
			return
		fi
	done
	return 1
}

# A process is known by its id and the time of its start, so that an id that went to
# another process is nobody's.
born() { ps -o lstart= -p "$1" 2>/dev/null; }

record() { # NAME PID
	printf '%s\n%s\n' "$2" "$(born "$2")" >"$RUN/$1.pid"
}

alive() { # NAME: its process runs; its id is then in $pid
	local began
	[[ -e $RUN/$1.pid ]] || return 1
	{ read -r pid && read -r began; } <"$RUN/$1.pid" || return 1
	[[ -n $began && $(born "$pid") == "$began" ]]
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# job_service is where the job server of RUN answers.
job_service() {
	local at
	at=$(sed -n 's/.*JobService started on \(localhost:[0-9]*\).*/\1/p' "$RUN/log/job-server.log") && [[ -n $at ]] && listening "${at#*:}" && echo "$at"
}

# cause is the one line of a log that says why its process ended.
cause() { # LOG
	local line
	line=$(grep -m1 -hE 'OutOfMemoryError|BindException|Address already in use|IllegalConfigurationException' "$1" || grep -hE '^Caused by: ' "$1" | tail -n 1 || :)
	[[ -n $line ]] || line=$(grep -hE 'ERROR|Exception|rror:' "$1" | tail -n 1 || :)
	[[ -n $line ]] || line=$(grep -v '^[[:space:]]*$' "$1" | tail -n 1 || :)
	printf '%.300s' "${line:-it wrote nothing}"
}

rest() { curl -sf --max-time 10 "http://127.0.0.1:$REST_PORT$1"; }

# field is a number of a flat JSON object, 0 where it is absent.
field() { # NAME
	local n
	n=$(sed -n 's/.*"'"$1"'":\([0-9][0-9]*\).*/\1/p')
	echo "${n:-0}"
}
