"""Every word of the pages, in every language of theirs. A test holds the languages to the same keys."""

from __future__ import annotations

from typing import Final

#: Languages of the pages, the default first.
LANGUAGES: Final = ("zh-CN", "en")

_ZH = {
    "language": "简体中文",
    "product": "阳光呼叫中心",
    "sign_in": "登录",
    "sign_out": "退出登录",
    "user": "用户名",
    "password": "密码",
    "wrong_login": "用户名或密码不正确。",
    "login_locked": "登录失败次数过多，请在 {seconds} 秒后重试。",
    "login_busy": "同时登录的人数过多，请稍候重试。",
    "login_again": "登录页面已过期，请重新提交。",
    "tenants": "租户",
    "tenants_none": "您的账号没有可查看的租户页面。",
    "numbers": "接入号码",
    "skip": "跳到主要内容",
    "not_found": "没有这个页面",
    "not_found_text": "地址有误，或者您无权查看。",
    "back": "返回首页",
    "no_script": "此页面需要启用 JavaScript 才能实时更新。",
    "today": "今日",
    "calls_in": "呼入量",
    "waiting": "等待",
    "answered": "接听",
    "abandoned": "放弃",
    "service_level": "服务水平",
    "utilisation": "工时利用率",
    "longest": "最长等待",
    "nobody_waits": "无人等待",
    "talking_now": "通话中 {count}",
    "abandonment_rate": "放弃率 {share}",
    "answer_rate": "接通率 {share}",
    "on_duty_count": "上岗 {count} 人",
    "within": "{seconds} 秒内接听",
    "within_several": "各队列 {seconds} 秒内接听",
    "variant_short_abandons_ignored": "不计短时放弃",
    "variant_early_abandons_ignored": "不计阈值内放弃",
    "variant_early_abandons_served": "阈值内放弃视为达标",
    "variant_answered_only": "仅计接听",
    "variant_abandons_missed": "放弃视为未达标",
    "utilisation_hint": "通话与话后 ÷ 上岗时间",
    "agents": "上岗员工",
    "agents_none": "目前无人上岗。",
    "calls": "通话",
    "calls_none": "目前没有通话。",
    "calls_more": "另有 {count} 个通话未显示",
    "queues": "队列",
    "queue_waiting": "等待",
    "queue_ready": "空闲坐席",
    "queue_signed_in": "上岗坐席",
    "queue_longest": "最长等待",
    "unknown_caller": "未知号码",
    "leased": "租用坐席",
    "phone_away": "话机离线",
    "phone_in_use": "话机占用",
    "place": "第 {place} 位",
    "with": "坐席 {agent}",
    "for_duration": "已持续 {time}",
    "closed_banner": "紧急关闭已生效：新来电将听到关闭提示。",
    "live": "实时",
    "connecting": "正在连接…",
    "not_live": "未实时：数据停留在 {time}，正在重新连接…",
    "no_access": "访问权限已失效，数据停留在 {time}。",
    "sign_in_again": "重新登录",
    "agent_idle": "空闲",
    "agent_not_ready": "小休",
    "agent_reserved": "分配中",
    "agent_ringing": "振铃",
    "agent_talking": "通话中",
    "agent_held": "保持",
    "agent_wrap_up": "话后处理",
    "agent_unresponsive": "未应答",
    "agent_busy_elsewhere": "忙（其他业务）",
    "reason_meal": "用餐",
    "reason_break": "休息",
    "reason_training": "培训",
    "reason_meeting": "会议",
    "call_arriving": "呼入",
    "call_in_flow": "自助语音",
    "call_waiting": "等待",
    "call_ringing": "振铃",
    "call_talking": "通话中",
    "call_ending": "结束中",
}

_EN = {
    "language": "English",
    "product": "Sunshine call centre",
    "sign_in": "Sign in",
    "sign_out": "Sign out",
    "user": "User",
    "password": "Password",
    "wrong_login": "The user name or the password is wrong.",
    "login_locked": "Too many failed logins. Try again in {seconds} s.",
    "login_busy": "Too many people are signing in. Try again in a moment.",
    "login_again": "This form was out of date. Please send it again.",
    "tenants": "Tenants",
    "tenants_none": "There is no tenant's page that your account may see.",
    "numbers": "Numbers",
    "skip": "Skip to the content",
    "not_found": "There is no such page",
    "not_found_text": "The address is wrong, or it is not for you to see.",
    "back": "Back to the start",
    "no_script": "This page needs JavaScript to show what goes on.",
    "today": "Today",
    "calls_in": "Calls in",
    "waiting": "Waiting",
    "answered": "Answered",
    "abandoned": "Abandoned",
    "service_level": "Service level",
    "utilisation": "Utilisation",
    "longest": "Longest wait",
    "nobody_waits": "Nobody waits",
    "talking_now": "{count} talking now",
    "abandonment_rate": "{share} of those who waited",
    "answer_rate": "{share} of those who waited",
    "on_duty_count": "{count} on duty",
    "within": "answered within {seconds} s",
    "within_several": "answered within {seconds} s",
    "variant_short_abandons_ignored": "short abandons ignored",
    "variant_early_abandons_ignored": "early abandons ignored",
    "variant_early_abandons_served": "early abandons count as served",
    "variant_answered_only": "answered calls only",
    "variant_abandons_missed": "abandons count as missed",
    "utilisation_hint": "talk and wrap-up per time on duty",
    "agents": "On duty",
    "agents_none": "Nobody is on duty.",
    "calls": "Calls",
    "calls_none": "No calls at the moment.",
    "calls_more": "{count} more calls are not shown",
    "queues": "Queues",
    "queue_waiting": "Waiting",
    "queue_ready": "Agents free",
    "queue_signed_in": "On duty",
    "queue_longest": "Longest wait",
    "unknown_caller": "Unknown number",
    "leased": "leased",
    "phone_away": "phone offline",
    "phone_in_use": "phone in use",
    "place": "place {place}",
    "with": "with {agent}",
    "for_duration": "for {time}",
    "closed_banner": "Emergency closure is on: new callers hear that you are closed.",
    "live": "Live",
    "connecting": "Connecting…",
    "not_live": "Not live: as of {time}; connecting again…",
    "no_access": "Your access has ended; this is as of {time}.",
    "sign_in_again": "Sign in again",
    "agent_idle": "Ready",
    "agent_not_ready": "Not ready",
    "agent_reserved": "Assigned",
    "agent_ringing": "Ringing",
    "agent_talking": "Talking",
    "agent_held": "On hold",
    "agent_wrap_up": "Wrap-up",
    "agent_unresponsive": "Did not answer",
    "agent_busy_elsewhere": "Busy elsewhere",
    "reason_meal": "meal",
    "reason_break": "break",
    "reason_training": "training",
    "reason_meeting": "meeting",
    "call_arriving": "Arriving",
    "call_in_flow": "In menu",
    "call_waiting": "Waiting",
    "call_ringing": "Ringing",
    "call_talking": "Talking",
    "call_ending": "Ending",
}

TEXTS: Final = {"zh-CN": _ZH, "en": _EN}


def choose(wanted: str | None, accepted: str) -> str:
    """The language of a page: `wanted` if it is one of ours, else the best of an Accept-Language header."""
    if wanted in TEXTS:
        return wanted
    for tag in _by_quality(accepted):
        for language in LANGUAGES:
            if tag.split("-")[0] == language.split("-")[0]:
                return language
    return LANGUAGES[0]


def pick(texts: dict[str, str], language: str) -> str:
    """A text of the configuration in the page's language, or in the nearest that it has."""
    if language in texts:
        return texts[language]
    family = language.split("-", maxsplit=1)[0]
    return next((text for tag, text in texts.items() if tag.split("-")[0] == family), next(iter(texts.values()), ""))


def _by_quality(accepted: str) -> list[str]:
    found = []
    for part in accepted[:200].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            found.append((float(quality or 1), tag.strip().lower()))
        except ValueError:
            continue
    return [tag for quality, tag in sorted(found, key=lambda pair: -pair[0]) if quality > 0]
