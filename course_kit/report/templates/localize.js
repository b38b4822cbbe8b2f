
// Times are in UTC in the page, and in the reader's own zone where scripts may run.
for (const element of document.querySelectorAll("time[datetime]")) {
  const at = new Date(element.dateTime);
  if (!Number.isNaN(at.getTime())) {
    element.title = element.dateTime;
    element.textContent = at.toLocaleString([], "day" in element.dataset
      ? { year: "numeric", month: "short", day: "numeric" }
      : { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  }
}
