// Sorting and filtering of tables, and choices that take effect at once. The
// page works without this file: tables then stand as they were sent, and forms
// have a button.
"use strict";

for (const table of document.querySelectorAll("table[id]")) {
	makeSortable(table);
	if ("filter" in table.dataset && table.tBodies[0].rows.length > 1) makeFilter(table);
}

for (const form of document.querySelectorAll("form.choices")) {
	if (form.getAttribute("action") !== location.pathname) continue; // leads elsewhere: ask first
	form.addEventListener("change", () => form.requestSubmit());
	form.querySelector("button").hidden = true;
}

// makeSortable turns heads into buttons; a second press turns the order round.
function makeSortable(table) {
	const heads = [...table.tHead.rows[0].cells];
	heads.forEach((head, column) => {
		if (head.textContent.trim() === "" || table.tBodies[0].querySelector(`td:nth-child(${column + 1}) input`)) return;
		const button = document.createElement("button");
		button.type = "button";
		button.append(...head.childNodes);
		head.append(button);
		button.addEventListener("click", () => {
			// Numbers are first read from the largest, words from A.
			const first = head.classList.contains("n") ? "descending" : "ascending";
			const other = first === "ascending" ? "descending" : "ascending";
			const order = head.getAttribute("aria-sort") === first ? other : first;
			for (const h of heads) h.removeAttribute("aria-sort");
			head.setAttribute("aria-sort", order);
			sort(table.tBodies[0], column, order === "ascending" ? 1 : -1);
		});
	});
}

// sort keeps the order of equal rows; cells without a value come last.
function sort(body, column, sign) {
	const rows = [...body.rows].map(row => [key(row.cells[column]), row]);
	rows.sort(([a], [b]) => {
		if (a === null || b === null) return (a === null) - (b === null);
		if (typeof a === "number" && typeof b === "number") return sign * (a - b);
		return sign * String(a).localeCompare(String(b), "en", { numeric: true });
	});
	body.append(...rows.map(([, row]) => row));
}

function key(cell) {
	const given = cell.dataset.sort;
	if (given === undefined) return cell.textContent.trim() || null;
	if (given === "") return null;
	const number = Number(given);
	return Number.isNaN(number) ? given : number;
}

// makeFilter shows the rows that hold every word of a field.
function makeFilter(table) {
	const label = document.createElement("label");
	label.className = "filter";
	const input = document.createElement("input");
	input.type = "search";
	input.placeholder = "filter, e.g. lora test";
	const shown = document.createElement("output");
	label.append("filter ", input, " ", shown);
	table.closest(".scroll").before(label);
	const rows = [...table.tBodies[0].rows];
	const texts = rows.map(row => row.textContent.toLowerCase());
	const update = () => {
		const words = input.value.toLowerCase().split(/\s+/).filter(w => w !== "");
		let n = 0;
		rows.forEach((row, k) => {
			row.hidden = !words.every(w => texts[k].includes(w));
			if (!row.hidden) n++;
		});
		shown.textContent = words.length === 0 ? "" : `${n} of ${rows.length} rows`;
	};
	input.addEventListener("input", update);
	// Enter must not send the form that the table may stand in.
	input.addEventListener("keydown", e => { if (e.key === "Enter") e.preventDefault(); });
	update(); // browsers may bring back what was typed before
}
