# bash completion for churnwatchctl, made from its table of commands; see its `reference`
# target. What follows in this file up to _churnwatchctl() are lookups.

_churnwatchctl_first()
{
    echo replay sim score fit ingest map tasks task feed explain claim done snooze release note reassign escalate status doctor redeliver dead-letters thresholds settings help --config --option --json --help --version
}

_churnwatchctl_second()
{
    case $1 in
    map) echo test ;;
    dead-letters) echo list show replay ;;
    thresholds) echo list get set history rollback dry ;;
    settings) echo list sample reference ;;
    esac
}

_churnwatchctl_options()
{
    case $1 in
    'replay') echo --events --profiles --managers --outcomes --tasks --risks --partitions --threads --until --now --dead-letters ;;
    'sim') echo --out --send --rate --seed --clients --days --start ;;
    'score') echo --series --daily --step ;;
    'fit') echo --tasks --outcomes --truth --profiles --svg --settings-out ;;
    'ingest') echo --topic --key ;;
    'tasks') echo --limit ;;
    'feed') echo --follow --since ;;
    'explain') echo --at --svg --events --profiles --managers --outcomes --partitions ;;
    'claim') echo --for --as ;;
    'done') echo --result --method --note --seen --as ;;
    'snooze') echo --until --for --reason --as ;;
    'release') echo --as ;;
    'note') echo --as ;;
    'reassign') echo --as ;;
    'escalate') echo --reason --as ;;
    'status') echo --bus ;;
    'doctor') echo --shard --repair --yes --anew --from ;;
    'redeliver') echo --manager --since --replace --dry-run ;;
    'dead-letters list') echo --topic --code --since --limit ;;
    'dead-letters replay') echo --code --topic --since --again --dry-run ;;
    'thresholds list') echo --detector --segment ;;
    'thresholds get') echo --client --segment ;;
    'thresholds set') echo --reason --author --segment ;;
    'thresholds rollback') echo --reason --author ;;
    'thresholds dry') echo --detector ;;
    esac
    echo --config --option --json --help --version
}

_churnwatchctl_file()
{
    case $1:$2 in
    *:-c | *:--config) return 0 ;;
    'replay:--events') return 0 ;;
    'replay:--profiles') return 0 ;;
    'replay:--managers') return 0 ;;
    'replay:--outcomes') return 0 ;;
    'replay:--tasks') return 0 ;;
    'replay:--risks') return 0 ;;
    'replay:--dead-letters') return 0 ;;
    'sim:--out') return 0 ;;
    'score:--series') return 0 ;;
    'fit:--tasks') return 0 ;;
    'fit:--outcomes') return 0 ;;
    'fit:--truth') return 0 ;;
    'fit:--profiles') return 0 ;;
    'fit:--svg') return 0 ;;
    'fit:--settings-out') return 0 ;;
    'explain:--svg') return 0 ;;
    'explain:--events') return 0 ;;
    'explain:--profiles') return 0 ;;
    'explain:--managers') return 0 ;;
    'explain:--outcomes') return 0 ;;
    esac
    return 1
}

_churnwatchctl_value()
{
    case $1:$2 in
    'replay:--partitions') return 0 ;;
    'replay:--threads') return 0 ;;
    'replay:--until') return 0 ;;
    'replay:--now') return 0 ;;
    'sim:--rate') return 0 ;;
    'sim:--seed') return 0 ;;
    'sim:--clients') return 0 ;;
    'sim:--days') return 0 ;;
    'sim:--start') return 0 ;;
    'score:--step') return 0 ;;
    'ingest:--topic') return 0 ;;
    'ingest:--key') return 0 ;;
    'tasks:--limit') return 0 ;;
    'feed:--since') return 0 ;;
    'explain:--at') return 0 ;;
    'explain:--partitions') return 0 ;;
    'claim:--for') return 0 ;;
    'claim:--as') return 0 ;;
    'done:--result') return 0 ;;
    'done:--method') return 0 ;;
    'done:--note') return 0 ;;
    'done:--seen') return 0 ;;
    'done:--as') return 0 ;;
    'snooze:--until') return 0 ;;
    'snooze:--for') return 0 ;;
    'snooze:--reason') return 0 ;;
    'snooze:--as') return 0 ;;
    'release:--as') return 0 ;;
    'note:--as') return 0 ;;
    'reassign:--as') return 0 ;;
    'escalate:--reason') return 0 ;;
    'escalate:--as') return 0 ;;
    'doctor:--shard') return 0 ;;
    'doctor:--from') return 0 ;;
    'redeliver:--manager') return 0 ;;
    'redeliver:--since') return 0 ;;
    'dead-letters list:--topic') return 0 ;;
    'dead-letters list:--code') return 0 ;;
    'dead-letters list:--since') return 0 ;;
    'dead-letters list:--limit') return 0 ;;
    'dead-letters replay:--code') return 0 ;;
    'dead-letters replay:--topic') return 0 ;;
    'dead-letters replay:--since') return 0 ;;
    'thresholds list:--detector') return 0 ;;
    'thresholds list:--segment') return 0 ;;
    'thresholds get:--client') return 0 ;;
    'thresholds get:--segment') return 0 ;;
    'thresholds set:--reason') return 0 ;;
    'thresholds set:--author') return 0 ;;
    'thresholds set:--segment') return 0 ;;
    'thresholds rollback:--reason') return 0 ;;
    'thresholds rollback:--author') return 0 ;;
    'thresholds dry:--detector') return 0 ;;
    esac
    return 1
}

_churnwatchctl_file_operand()
{
    case $1 in
    'ingest') return 0 ;;
    'map test') return 0 ;;
    esac
    return 1
}

_churnwatchctl_settings()
{
    echo \
        bus \
        instance \
        language \
        kafka.bootstrap_servers \
        kafka.group \
        kafka.create_topics \
        kafka.properties \
        kafka.topics.billing \
        kafka.topics.service \
        kafka.topics.profiles \
        kafka.topics.managers \
        kafka.topics.outcomes \
        kafka.topics.tasks \
        kafka.topics.state \
        kafka.topics.control \
        kafka.topics.dead_letters \
        sqlite.partitions \
        sqlite.retention \
        sqlite.retention_bytes \
        engine.threads \
        engine.commit_interval_ms \
        engine.backlog_commit_interval_ms \
        engine.history_commit_interval_ms \
        engine.batch_messages \
        engine.cold_share \
        engine.cold_least \
        redis.url \
        redis.password_file \
        redis.prefix \
        redis.timeout \
        redis.batch \
        redis.in_flight \
        redis.feed_length \
        http.listen \
        health.silent_after \
        log.level \
        log.format \
        time.zone \
        time.allowed_lateness \
        time.max_clock_skew \
        time.merge_wait \
        time.idle_after \
        time.idle_tick \
        calendar \
        input.max_event_bytes \
        input.max_profile_bytes \
        input.mapping.billing \
        input.mapping.service \
        input.mapping.profiles \
        input.mapping.managers \
        input.max_lines \
        watched_numbers \
        operators.own_prefixes \
        operators.competitor_prefixes \
        tasks.default_manager \
        tasks.open_for \
        tasks.retention \
        tasks.fade_half_lives \
        tasks.wake_risk \
        tasks.quiet.retained \
        tasks.quiet.recovering \
        tasks.quiet.no_issue \
        tasks.quiet.false_alarm \
        tasks.quiet.lost \
        tasks.quiet.unreachable \
        tasks.quiet.expired \
        tasks.worse_severity \
        risk.base_group \
        risk.base_individual \
        risk.base_incident \
        risk.key_person \
        priority.value_weight \
        priority.urgency_weight \
        escalation.min_phones \
        escalation.risk \
        escalation.top_spend \
        feed.silent_share \
        feed.least_events \
        baseline.shock_clients \
        baseline.warmup_days \
        detectors.spend_spike.mode \
        detectors.spend_spike.fire_sigma \
        detectors.spend_spike.rate \
        detectors.spend_spike.early_rate \
        detectors.spend_spike.usage_times \
        detectors.spend_spike.clear_sigma \
        detectors.spend_spike.least_yuan \
        detectors.spend_spike.least_days \
        detectors.spend_spike.run_days \
        detectors.spend_spike.night_yuan \
        detectors.spend_spike.incident \
        detectors.spend_spike.incident_sigma \
        detectors.spend_spike.night_incident \
        detectors.spend_spike.log_odds \
        detectors.spend_spike.half_life_days \
        detectors.spend_spike.due_hours \
        detectors.spend_drop.mode \
        detectors.spend_drop.fire_score \
        detectors.spend_drop.clear_score \
        detectors.spend_drop.cap_score \
        detectors.spend_drop.least_yuan \
        detectors.spend_drop.least_days \
        detectors.spend_drop.least_chance \
        detectors.spend_drop.lasts_days \
        detectors.spend_drop.log_odds \
        detectors.spend_drop.half_life_days \
        detectors.spend_drop.due_hours \
        detectors.spend_drop.signs_share \
        detectors.spend_decline.mode \
        detectors.spend_decline.fire_score \
        detectors.spend_decline.rate \
        detectors.spend_decline.clear_score \
        detectors.spend_decline.spend_weight \
        detectors.spend_decline.usage_weight \
        detectors.spend_decline.least_yuan \
        detectors.spend_decline.warmup_days \
        detectors.spend_decline.lasts_days \
        detectors.spend_decline.log_odds \
        detectors.spend_decline.half_life_days \
        detectors.spend_decline.due_hours \
        detectors.spend_decline.signs_share \
        detectors.usage_drop.mode \
        detectors.usage_drop.fire_score \
        detectors.usage_drop.clear_score \
        detectors.usage_drop.cap_score \
        detectors.usage_drop.least_days \
        detectors.usage_drop.slow_fire_score \
        detectors.usage_drop.slow_clear_score \
        detectors.usage_drop.least_usage \
        detectors.usage_drop.warmup_days \
        detectors.usage_drop.lasts_days \
        detectors.usage_drop.log_odds \
        detectors.usage_drop.slow_log_odds \
        detectors.usage_drop.half_life_days \
        detectors.usage_drop.due_hours \
        detectors.usage_drop.signs_share \
        detectors.outage.mode \
        detectors.outage.fire_sigma \
        detectors.outage.left_share \
        detectors.outage.run_days \
        detectors.outage.least_yuan \
        detectors.outage.incident \
        detectors.outage.incident_sigma \
        detectors.outage.ticket_incident \
        detectors.outage.least_minutes \
        detectors.outage.half_life_days \
        detectors.outage.due_hours \
        detectors.bill_change.mode \
        detectors.bill_change.rise_share \
        detectors.bill_change.fall_share \
        detectors.bill_change.restless \
        detectors.bill_change.least_yuan \
        detectors.bill_change.least_bills \
        detectors.bill_change.rise_incident \
        detectors.bill_change.fall_log_odds \
        detectors.bill_change.half_life_days \
        detectors.bill_change.due_hours \
        detectors.inactivity.mode \
        detectors.inactivity.least_days \
        detectors.inactivity.gap_factor \
        detectors.inactivity.line_least_days \
        detectors.inactivity.line_gap_factor \
        detectors.inactivity.known_days \
        detectors.inactivity.lasts_days \
        detectors.inactivity.log_odds \
        detectors.inactivity.line_log_odds \
        detectors.inactivity.half_life_days \
        detectors.inactivity.due_hours \
        detectors.suspension.mode \
        detectors.suspension.arrears_leave \
        detectors.suspension.request_leave \
        detectors.suspension.lost_leave \
        detectors.suspension.fraud_leave \
        detectors.suspension.other_leave \
        detectors.suspension.fraud_incident \
        detectors.suspension.flap_count \
        detectors.suspension.flap_clear_count \
        detectors.suspension.flap_days \
        detectors.suspension.flap_leave \
        detectors.suspension.lost_days \
        detectors.suspension.request_days \
        detectors.suspension.other_days \
        detectors.suspension.overdue_leave \
        detectors.arrears.mode \
        detectors.arrears.first_days \
        detectors.arrears.second_days \
        detectors.arrears.third_days \
        detectors.arrears.habit_leave \
        detectors.arrears.first_leave \
        detectors.arrears.second_leave \
        detectors.arrears.third_leave \
        detectors.arrears.habit_slack_days \
        detectors.arrears.habit_most_days \
        detectors.arrears.habit_payments \
        detectors.arrears.fire_share \
        detectors.arrears.clear_share \
        detectors.arrears.full_share \
        detectors.arrears.balance_leave \
        detectors.call_forwarding.mode \
        detectors.call_forwarding.competitor_always_leave \
        detectors.call_forwarding.competitor_sometimes_leave \
        detectors.call_forwarding.other_always_leave \
        detectors.call_forwarding.other_sometimes_leave \
        detectors.call_forwarding.own_net_leave \
        detectors.call_forwarding.group_lines \
        detectors.call_forwarding.group_leave \
        detectors.watched_number.mode \
        detectors.watched_number.first_leave \
        detectors.watched_number.further_leave \
        detectors.watched_number.prefix_share \
        detectors.watched_number.least_seconds \
        detectors.watched_number.window_days \
        detectors.watched_number.most_calls \
        detectors.watched_number.half_life_days \
        detectors.plan_change.mode \
        detectors.plan_change.least_yuan \
        detectors.plan_change.leave \
        detectors.plan_change.loss_leave \
        detectors.plan_change.repeat_leave \
        detectors.plan_change.window_days \
        detectors.plan_change.half_life_days \
        detectors.port_out.mode \
        detectors.port_out.inquiry_leave \
        detectors.port_out.inquiry_half_life_days \
        detectors.port_out.code_leave \
        detectors.port_out.request_leave \
        detectors.port_out.code_half_life_days \
        detectors.port_out.completed_leave \
        detectors.port_out.completed_half_life_days \
        detectors.termination.mode \
        detectors.termination.line_leave \
        detectors.termination.line_half_life_days \
        detectors.termination.left_leave \
        detectors.termination.left_half_life_days \
        detectors.group_erosion.mode \
        detectors.group_erosion.window_days \
        detectors.group_erosion.least_lines \
        detectors.group_erosion.fire_share \
        detectors.group_erosion.clear_share \
        detectors.group_erosion.step_share \
        detectors.group_erosion.tenth_leave \
        detectors.group_erosion.most_leave \
        detectors.group_erosion.half_life_days \
        detectors.contract_end.mode \
        detectors.contract_end.warn_days \
        detectors.contract_end.ended_days \
        detectors.contract_end.warn_leave \
        detectors.contract_end.ended_leave \
        detectors.contract_end.half_life_days \
        detectors.complaint.mode \
        detectors.complaint.least_severity \
        detectors.complaint.severe_from \
        detectors.complaint.leave \
        detectors.complaint.severe_leave \
        detectors.complaint.repeat_leave \
        detectors.complaint.window_days \
        detectors.complaint.half_life_days
}

_churnwatchctl()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' i word
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        -c | --config | -o | --option)
            ((i++)) # its value; bash parts words at =
            while [[ ${COMP_WORDS[i + 1]-} == = ]]; do ((i += 2)); done
            ;;
        -*) ;;
        *)
            command+=${command:+ }$word
            [[ $command == *' '* || -z $(_churnwatchctl_second "$command") ]] && break
            ;;
        esac
    done
    if [[ $prev == -o || $prev == --option ]]; then
        COMPREPLY=($(compgen -W "$(_churnwatchctl_settings)" -S = -- "$cur"))
        compopt -o nospace 2>/dev/null
    elif _churnwatchctl_file "$command" "$prev"; then
        COMPREPLY=($(compgen -f -- "$cur"))
        compopt -o filenames 2>/dev/null
    elif _churnwatchctl_value "$command" "$prev"; then
        return
    elif [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$(_churnwatchctl_options "$command")" -- "$cur"))
    elif [[ -z $command ]]; then
        COMPREPLY=($(compgen -W "$(_churnwatchctl_first)" -- "$cur"))
    elif [[ $command != *' '* && -n $(_churnwatchctl_second "$command") ]]; then
        COMPREPLY=($(compgen -W "$(_churnwatchctl_second "$command")" -- "$cur"))
    elif _churnwatchctl_file_operand "$command"; then
        COMPREPLY=($(compgen -f -- "$cur"))
        compopt -o filenames 2>/dev/null
    fi
}
complete -F _churnwatchctl churnwatchctl
