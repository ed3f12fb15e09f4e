/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os.time, os.date, os.difftime, in UTC and the C locale. The calendar is
 * computed here, since libc's functions take the lock of the time zone and
 * could be left holding it. "Now" is the isolate's frozen clock. Called by
 * sandbox.c.
 */
#include <limits.h>
#include <lualib.h>
#include <string.h>

#include "lua_runtime/lib.h"
#include "lua_runtime/state.h"

#define DAY 86400

/* A point in time as a calendar shows it. */
typedef struct wfp_calendar_t {
    lua_Integer year; /* 2026 */
    int month;        /* 1..12 */
    int day;          /* 1..31 */
    int hour, min, sec;
    int yday; /* 0..365 */
    int wday; /* 0: Sunday */
} wfp_calendar_t;

static const char *const months[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December",
};

static const char *const weekdays[] = {
    "Sunday",   "Monday", "Tuesday",  "Wednesday",
    "Thursday", "Friday", "Saturday",
};

static lua_Integer floor_div(lua_Integer a, lua_Integer b)
{
    return a / b - (a % b < 0);
}

static int is_leap(lua_Integer year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to the first day of a month (1..12) of a year. */
static lua_Integer days_before(lua_Integer year, int month)
{
    static const short cumulated[] = { 0,   31,  59,  90,  120, 151,
                                       181, 212, 243, 273, 304, 334 };
    lua_Integer y = year - 1;

    return 365 * (year - 1970) + floor_div(y, 4) - floor_div(y, 100)
           + floor_div(y, 400) - 477 + cumulated[month - 1]
           + (month > 2 && is_leap(year));
}

/* @return 1, or 0: the year is out of range */
static int to_calendar(wfp_calendar_t *cal, lua_Integer t)
{
    lua_Integer days = floor_div(t, DAY);
    int rest = (int)(t - days * DAY);
    lua_Integer year = 1970 + floor_div(days * 400, 146097);

    /* the estimate is off by one at most */
    while (days_before(year, 1) > days) {
        year--;
    }
    while (days_before(year + 1, 1) <= days) {
        year++;
    }
    if (year - 1900 > INT_MAX || year - 1900 < INT_MIN) {
        return 0;
    }
    cal->year = year;
    cal->month = 12;
    while (days_before(year, cal->month) > days) {
        cal->month--;
    }
    cal->day = (int)(days - days_before(year, cal->month)) + 1;
    cal->yday = (int)(days - days_before(year, 1));
    cal->wday = (int)(days + 4 - 7 * floor_div(days + 4, 7));
    cal->hour = rest / 3600;
    cal->min = rest / 60 % 60;
    cal->sec = rest % 60;
    return 1;
}

static void set_field(lua_State *L, const char *key, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

/* [-0, +0, e] Fill the table on the top. */
static void set_fields(lua_State *L, const wfp_calendar_t *cal)
{
    set_field(L, "year", cal->year);
    set_field(L, "month", cal->month);
    set_field(L, "day", cal->day);
    set_field(L, "hour", cal->hour);
    set_field(L, "min", cal->min);
    set_field(L, "sec", cal->sec);
    set_field(L, "yday", cal->yday + 1);
    set_field(L, "wday", cal->wday + 1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "isdst");
}

/* [-0, +0, e] Read a field of the table on the top; absent: value if it is
   not negative. The C library's range: value - delta is an int. */
static lua_Integer get_field(lua_State *L, const char *key, int absent,
                             int delta)
{
    int type = lua_getfield(L, -1, key);
    int is_integer;
    lua_Integer n = lua_tointegerx(L, -1, &is_integer);

    lua_pop(L, 1);
    if (!is_integer) {
        if (type != LUA_TNIL) {
            return luaL_error(L, "field '%s' is not an integer", key);
        }
        if (absent < 0) {
            return luaL_error(L, "field '%s' missing in date table", key);
        }
        return absent;
    }
    if (n >= 0 ? n - delta > INT_MAX : n < INT_MIN + delta) {
        return luaL_error(L, "field '%s' is out-of-bound", key);
    }
    return n;
}

/* [-0, +1, e] time([table]): the table is normalized */
static int os_time(lua_State *L)
{
    wfp_calendar_t cal;
    lua_Integer year, month, day, t;

    if (lua_isnoneornil(L, 1)) {
        lua_pushinteger(L, (lua_Integer)apr_time_sec(wfp_state_now(L)));
        return 1;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    year = get_field(L, "year", -1, 1900);
    month = get_field(L, "month", -1, 1) - 1;
    day = get_field(L, "day", -1, 0) - 1;
    t = get_field(L, "hour", 12, 0) * 3600;
    t += get_field(L, "min", 0, 0) * 60;
    t += get_field(L, "sec", 0, 0);
    year += floor_div(month, 12);
    month -= 12 * floor_div(month, 12);
    t += (days_before(year, (int)month + 1) + day) * DAY;
    lua_getfield(L, 1, "isdst");
    t -= lua_toboolean(L, -1) ? 3600 : 0; /* as the C library does in UTC */
    lua_pop(L, 1);
    if (t == -1 || !to_calendar(&cal, t)) {
        return luaL_error(L, "time result cannot be represented in this "
                             "installation");
    }
    set_fields(L, &cal);
    lua_pushinteger(L, t);
    return 1;
}

/* [-0, +1, e] difftime(t2, t1) */
static int os_difftime(lua_State *L)
{
    lua_Integer t2 = luaL_checkinteger(L, 1);
    lua_Integer t1 = luaL_checkinteger(L, 2);

    /* exact, also where the difference of two doubles is not */
    lua_pushnumber(L, t2 >= t1
                          ? (lua_Number)((lua_Unsigned)t2 - (lua_Unsigned)t1)
                          : -(lua_Number)((lua_Unsigned)t1 - (lua_Unsigned)t2));
    return 1;
}

/* Add a number of at least `width` digits, filled with `fill`. */
static void add_number(luaL_Buffer *b, lua_Integer n, int width, char fill)
{
    char digits[24];
    int len = 0, negative = n < 0;

    if (negative) {
        n = -n;
    }
    do {
        digits[len++] = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    if (negative && fill != ' ') {
        luaL_addchar(b, '-');
        width--;
    }
    for (; width > len; width--) {
        luaL_addchar(b, fill);
    }
    while (len > 0) {
        luaL_addchar(b, digits[--len]);
    }
}

static void add_two(luaL_Buffer *b, int n)
{
    add_number(b, n, 2, '0');
}

/* Week of the year, counted from its first `first` (0: Sunday). */
static int week_of(const wfp_calendar_t *cal, int first)
{
    return (cal->yday + 7 - (cal->wday + 7 - first) % 7) / 7;
}

/* ISO 8601 week and the year it belongs to. */
static int iso_week(lua_Integer *pyear, const wfp_calendar_t *cal)
{
    int from_monday = (cal->wday + 6) % 7;
    int thursday = cal->yday - from_monday + 3;

    *pyear = cal->year;
    if (thursday < 0) {
        *pyear = cal->year - 1;
        thursday += 365 + is_leap(*pyear);
    }
    else if (thursday >= 365 + is_leap(cal->year)) {
        thursday -= 365 + is_leap(cal->year);
        *pyear = cal->year + 1;
    }
    return thursday / 7 + 1;
}

/* What the composed conversions stand for. */
static const char *composed(char conversion)
{
    switch (conversion) {
    case 'c':
        return "%a %b %e %H:%M:%S %Y";
    case 'D':
    case 'x':
        return "%m/%d/%y";
    case 'F':
        return "%Y-%m-%d";
    case 'r':
        return "%I:%M:%S %p";
    case 'R':
        return "%H:%M";
    case 'T':
    case 'X':
        return "%H:%M:%S";
    default:
        return NULL;
    }
}

/* Conversions of the date. @return 1: done */
static int add_date_part(luaL_Buffer *b, char conversion,
                         const wfp_calendar_t *cal)
{
    lua_Integer iso_year;
    int week = iso_week(&iso_year, cal);

    switch (conversion) {
    case 'a':
        luaL_addlstring(b, weekdays[cal->wday], 3);
        break;
    case 'A':
        luaL_addstring(b, weekdays[cal->wday]);
        break;
    case 'b':
    case 'h':
        luaL_addlstring(b, months[cal->month - 1], 3);
        break;
    case 'B':
        luaL_addstring(b, months[cal->month - 1]);
        break;
    case 'C':
        add_number(b, floor_div(cal->year, 100), 1, '0');
        break;
    case 'd':
        add_two(b, cal->day);
        break;
    case 'e':
        add_number(b, cal->day, 2, ' ');
        break;
    case 'g':
        add_two(b, (int)(iso_year - 100 * floor_div(iso_year, 100)));
        break;
    case 'G':
        add_number(b, iso_year, 1, '0');
        break;
    case 'j':
        add_number(b, cal->yday + 1, 3, '0');
        break;
    case 'm':
        add_two(b, cal->month);
        break;
    case 'u':
        add_number(b, cal->wday ? cal->wday : 7, 1, '0');
        break;
    case 'U':
        add_two(b, week_of(cal, 0));
        break;
    case 'V':
        add_two(b, week);
        break;
    case 'w':
        add_number(b, cal->wday, 1, '0');
        break;
    case 'W':
        add_two(b, week_of(cal, 1));
        break;
    case 'y':
        add_two(b, (int)(cal->year - 100 * floor_div(cal->year, 100)));
        break;
    case 'Y':
        add_number(b, cal->year, 1, '0');
        break;
    default:
        return 0;
    }
    return 1;
}

/* Conversions of the time of day, and the rest. */
static void add_time_part(luaL_Buffer *b, char conversion,
                          const wfp_calendar_t *cal, int is_gmt)
{
    switch (conversion) {
    case 'H':
        add_two(b, cal->hour);
        break;
    case 'I':
        add_two(b, (cal->hour + 11) % 12 + 1);
        break;
    case 'M':
        add_two(b, cal->min);
        break;
    case 'S':
        add_two(b, cal->sec);
        break;
    case 'p':
        luaL_addstring(b, cal->hour < 12 ? "AM" : "PM");
        break;
    case 'z':
        luaL_addstring(b, "+0000");
        break;
    case 'Z':
        luaL_addstring(b, is_gmt ? "GMT" : "UTC");
        break;
    case 'n':
        luaL_addchar(b, '\n');
        break;
    case 't':
        luaL_addchar(b, '\t');
        break;
    default: /* '%' */
        luaL_addchar(b, conversion);
    }
}

/* One conversion; the composed ones are one level deep. */
static void add_conversion(luaL_Buffer *b, char conversion,
                           const wfp_calendar_t *cal, int is_gmt)
{
    const char *parts = composed(conversion);

    if (!parts) {
        if (!add_date_part(b, conversion, cal)) {
            add_time_part(b, conversion, cal, is_gmt);
        }
        return;
    }
    for (; *parts; parts++) {
        if (*parts != '%') {
            luaL_addchar(b, *parts);
        }
        else if (!add_date_part(b, *++parts, cal)) {
            add_time_part(b, *parts, cal, is_gmt);
        }
    }
}

/* [-0, +0, v] @return the conversion behind a '%' at s, which is moved on */
static char check_conversion(lua_State *L, const char **ps, const char *end)
{
    const char *s = *ps;

    if (s < end && *s && strchr("aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%", *s)) {
        *ps = s + 1;
        return *s;
    }
    if (end - s >= 2 && s[1]
        && ((*s == 'E' && strchr("cCxXyY", s[1]))
            || (*s == 'O' && strchr("deHImMSuUVwWy", s[1])))) {
        *ps = s + 2;
        return s[1];
    }
    luaL_argerror(L, 1,
                  lua_pushfstring(L, "invalid conversion specifier '%%%s'", s));
    return 0;
}

/* [-0, +1, e] date([format [, time]]) */
static int os_date(lua_State *L)
{
    size_t n, max = wfp_lib_result_max(L);
    const char *s = luaL_optlstring(L, 1, "%c", &n);
    const char *end = s + n;
    lua_Integer t = lua_isnoneornil(L, 2)
                        ? (lua_Integer)apr_time_sec(wfp_state_now(L))
                        : luaL_checkinteger(L, 2);
    int is_gmt = *s == '!';
    wfp_calendar_t cal;
    luaL_Buffer b;

    s += is_gmt;
    if (!to_calendar(&cal, t)) {
        return luaL_error(L, "date result cannot be represented in this "
                             "installation");
    }
    if (strcmp(s, "*t") == 0) {
        lua_createtable(L, 0, 9);
        set_fields(L, &cal);
        return 1;
    }
    luaL_buffinit(L, &b);
    while (s < end) {
        if (*s != '%') {
            luaL_addchar(&b, *s++);
        }
        else {
            s++;
            add_conversion(&b, check_conversion(L, &s, end), &cal, is_gmt);
        }
        if (luaL_bufflen(&b) > max) {
            return wfp_lib_too_large(L);
        }
    }
    luaL_pushresult(&b);
    return 1;
}

static const luaL_Reg functions[] = {
    { "date", os_date },
    { "difftime", os_difftime },
    { "time", os_time },
    { NULL, NULL },
};

void wfp_lib_os_open(lua_State *L)
{
    luaL_newlib(L, functions);
    wfp_lib_set_global(L, LUA_OSLIBNAME);
}
