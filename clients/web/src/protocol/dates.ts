/** Times in records: RFC 3339 in UTC with whole seconds, "2026-11-22T13:00:00Z"; in code they are POSIX seconds. */

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/;

const DAY = 86_400;

/** POSIX seconds of exactly what `text` writes; SyntaxError for any other spelling, and for leap seconds. */
export function parse(text: string): number {
  const [year, month, day, hour, minute, second] = (FORM.exec(text) ?? []).slice(1).map(Number);
  if (second === undefined) throw new SyntaxError("no time");
  const seconds =
    days(year as number, month as number, day as number) * DAY +
    (hour as number) * 3600 +
    (minute as number) * 60 +
    second;
  // A 30th of February, or an hour 24, comes back as another day.
  if (year === 0 || spell(seconds) !== text) throw new SyntaxError("no time");
  return seconds;
}

/** The string of POSIX seconds in the years 1 to 9999. */
export function spell(seconds: number): string {
  const [year, month, day] = civil(Math.floor(seconds / DAY));
  const left = seconds - Math.floor(seconds / DAY) * DAY;
  const time = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60].map(two).join(":");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${time}Z`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

// Days since 1970 and back, by counting years from March: so the day that a leap year adds comes last.

function days(year: number, month: number, day: number): number {
  const from = month > 2 ? year : year - 1;
  const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return 365 * from + Math.floor(from / 4) - Math.floor(from / 100) + Math.floor(from / 400) + ofYear - 719_468;
}

function civil(since: number): [number, number, number] {
  const day = since + 719_468;
  const era = Math.floor(day / 146_097);
  const ofEra = day - era * 146_097;
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const from = Math.floor((5 * ofYear + 2) / 153);
  const month = from < 10 ? from + 3 : from - 9;
  return [year + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - Math.floor((153 * from + 2) / 5) + 1];
}
