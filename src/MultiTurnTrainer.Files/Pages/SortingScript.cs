namespace MultiTurnTrainer.Files.Pages;

/// <summary>What lets tables of a page be sorted, filtered and saved; without scripts they are as they were written.</summary>
internal static class SortingScript
{
    public const string Text = """
        for (const table of document.querySelectorAll('table.sortable')) {
          const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
          const value = (row, i) => 'v' in row.cells[i].dataset ? Number(row.cells[i].dataset.v) : row.cells[i].textContent;
          const compare = (a, b) => typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === 'number' ? -1 : 1;
          heads.forEach((head, i) => {
            head.tabIndex = 0;
            head.title = 'sort';
            head.onclick = () => {
              const sign = head.ariaSort === 'ascending' ? -1 : 1;
              heads.forEach(other => other.removeAttribute('aria-sort'));
              head.ariaSort = sign > 0 ? 'ascending' : 'descending';
              body.append(...[...body.rows].sort((a, b) => sign * compare(value(a, i), value(b, i))));
            };
            head.onkeydown = event => { if (event.key === 'Enter') head.click(); };
          });
          const words = Object.assign(document.createElement('input'), { type: 'search', placeholder: 'filter rows', ariaLabel: 'filter rows' });
          words.oninput = () => {
            const wanted = words.value.toLowerCase().split(/\s+/);
            for (const row of body.rows) row.hidden = !wanted.every(word => row.textContent.toLowerCase().includes(word));
          };
          const save = Object.assign(document.createElement('button'), { textContent: 'CSV' });
          save.onclick = () => {
            const quote = text => `"${text.replaceAll('"', '""')}"`;
            const rows = [table.tHead.rows[0], ...[...body.rows].filter(row => !row.hidden)];
            const text = rows.map(row => [...row.cells].map(cell => quote(cell.textContent)).join()).join('\n') + '\n';
            Object.assign(document.createElement('a'), { download: 'table.csv', href: URL.createObjectURL(new Blob([text])) }).click();
          };
          table.before(words, save);
        }

        """;
}
