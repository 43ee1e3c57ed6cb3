using MultiTurnTrainer.Documentation.Site;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Testing.Browser;

namespace MultiTurnTrainer.Documentation.Tests;

/// <summary>The site as a reader has it: opened from the disk in a browser, without a server.</summary>
public sealed class SiteTests(SiteTests.World world) : IClassFixture<SiteTests.World>
{
    private static readonly string[] _words =
    [
        "stop token",
        "weights",
        "mtt serve",
        "slurm",
        "MAIGO reference",
        "no such words",
    ];

    /// <summary>The site of this repository, and a browser.</summary>
    public sealed class World : IAsyncDisposable
    {
        private readonly TempFolder _folder = new();
        private readonly Chromium _browser = Chromium.Start();

        public World() => MttProcess.Run(_folder.Path, ["docs", "--site", "site"]);

        public string Address(string page) => new Uri(_folder[$"site/{page}"]).AbsoluteUri;

        public string Folder => _folder["site"];

        public Task<BrowserTab> OpenAsync() => _browser.OpenAsync();

        public async ValueTask DisposeAsync()
        {
            await _browser.DisposeAsync();
            _folder.Dispose();
        }
    }

    [Fact]
    public async Task EveryPage_FromTheDisk_OpensWithoutAProblemAndLoadsNothingFromElsewhere()
    {
        BrowserTab tab = await world.OpenAsync();
        string[] pages = [.. Directory.EnumerateFiles(world.Folder, "*.html").Select(path => Path.GetFileName(path))];
        Assert.Equal(RepositoryPages.Manual.Pages.Count + 1, pages.Length);
        foreach (string page in pages)
        {
            await tab.GoAsync(world.Address(page));
            string? loaded = await TextAsync(
                tab,
                "performance.getEntriesByType('resource').map(r => r.name).filter(n => !n.startsWith('file:') && !n.startsWith('data:')).join(' ')"
            );
            Assert.Equal((page, ""), (page, loaded));
            string? lost = await TextAsync(
                tab,
                "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1)).filter(id => id && !document.getElementById(id)).join(' ')"
            );
            Assert.Equal((page, ""), (page, lost));
        }

        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Search_Words_FindsWhatTheTerminalFinds()
    {
        BrowserTab tab = await world.OpenAsync();
        await tab.GoAsync(world.Address("index.html"));
        await tab.EvaluateAsync("document.querySelector('.search input').focus()");
        await tab.WaitAsync("window.mttSections");
        foreach (string words in _words)
        {
            await tab.EvaluateAsync(
                $"(() => {{ const i = document.querySelector('.search input'); i.value = '{words}'; i.dispatchEvent(new Event('input')); }})()"
            );
            string? found = await TextAsync(
                tab,
                "[...document.querySelectorAll('.found a')].map(a => a.getAttribute('href')).join(' ')"
            );

            Assert.Equal(
                string.Join(
                    ' ',
                    ManualSearch
                        .Find(RepositoryPages.Manual, words)
                        .Take(20)
                        .Select(section =>
                            section.Topic.Contains('#', StringComparison.Ordinal)
                                ? section.Topic.Replace("#", ".html#", StringComparison.Ordinal)
                                : $"{section.Topic}.html"
                        )
                ),
                found
            );
        }

        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Search_ByKeyboard_GoesToTheFirstSection()
    {
        BrowserTab tab = await world.OpenAsync();
        await tab.GoAsync(world.Address("training.html"));
        await tab.EvaluateAsync("document.dispatchEvent(new KeyboardEvent('keydown', { key: '/' }))");
        await tab.WaitAsync("window.mttSections");
        await tab.TypeAsync("token rows of other");
        await tab.WaitAsync("document.querySelector('.found a')");
        await tab.PictureAsync("docs-search");
        await tab.PressAsync("Enter");

        await tab.WaitAsync("location.href.endsWith('masking.html#token-rows-of-other-tools')");
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Navigation_OfAPage_LeadsToTheOthers()
    {
        BrowserTab tab = await world.OpenAsync();
        await tab.GoAsync(world.Address("index.html"));
        await tab.EvaluateAsync("document.querySelector(\"nav a[href='about-masks.html']\").click()");
        await tab.WaitAsync("document.title === 'What a mask is · mtt' && document.readyState === 'complete'");
        Assert.Equal(
            "What a mask is",
            await TextAsync(tab, "document.querySelector('nav [aria-current]').textContent")
        );
        Assert.True(
            (bool)
                (await tab.EvaluateAsync("document.querySelector('.figure svg').getBoundingClientRect().height > 80"))!
        );

        await tab.EvaluateAsync("document.querySelector('[rel=next]').click()");
        await tab.WaitAsync("document.title === 'What a policy is · mtt'");
        Assert.Empty(tab.Problems);
    }

    [Theory]
    [InlineData("index.html")]
    [InlineData("about-maigo.html")]
    [InlineData("masking.html")]
    [InlineData("settings.html")]
    [InlineData("templates.html")]
    [InlineData("api-sessions.html")]
    public async Task Page_Of400Pixels_ScrollsDownAlone(string page)
    {
        BrowserTab tab = await world.OpenAsync();
        await tab.ResizeAsync(400, 800);
        await tab.GoAsync(world.Address(page));

        Assert.InRange((int)(await tab.EvaluateAsync("document.documentElement.scrollWidth"))!, 1, 400);
        Assert.True((bool)(await tab.EvaluateAsync("document.querySelector('.to-pages').offsetWidth > 0"))!);
        await tab.PictureAsync($"docs-400-{page}");
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Theme_ByPreferenceAndByChoice_IsKept()
    {
        BrowserTab tab = await world.OpenAsync();
        await tab.PreferAsync("dark");
        await tab.GoAsync(world.Address("about-policies.html"));
        Assert.Equal("rgb(21, 24, 28)", await BackgroundAsync(tab));
        await tab.PictureAsync("docs-dark");
        await tab.EvaluateAsync("document.querySelector('.theme').click()");
        Assert.Equal("rgb(255, 255, 255)", await BackgroundAsync(tab));
        await tab.PictureAsync("docs-light");
        await tab.GoAsync(world.Address("masking.html"));
        Assert.Equal("rgb(255, 255, 255)", await BackgroundAsync(tab));
        Assert.Empty(tab.Problems);
    }

    /// <summary>WCAG 2.2 AA: 4.5 to 1 for words, in pages and figures, light and dark.</summary>
    [Theory]
    [InlineData("light")]
    [InlineData("dark")]
    public async Task Words_InBothSchemes_HaveContrast(string scheme)
    {
        BrowserTab tab = await world.OpenAsync();
        await tab.PreferAsync(scheme);
        foreach (
            string page in new[]
            {
                "index.html",
                "about-masks.html",
                "about-maigo.html",
                "about-review.html",
                "about-sessions.html",
                "about-policies.html",
            }
        )
        {
            await tab.GoAsync(world.Address(page));
            Assert.Equal((page, ""), (page, await TextAsync(tab, Contrast)));
        }
    }

    [Fact]
    public async Task Page_WithoutScripts_HasTextAndNavigation()
    {
        BrowserTab tab = await world.OpenAsync();
        await tab.DisableScriptsAsync();
        await tab.GoAsync(world.Address("masking.html"));

        IReadOnlyList<(string Role, string Name)> heard = await tab.AccessibleAsync();
        Assert.Contains(("link", "Glossary"), heard);
        Assert.Contains(("heading", "Weights"), heard);
        Assert.DoesNotContain(heard, node => node.Role is "searchbox" or "button");
    }

    [Fact]
    public void Write_FolderThatHasASite_AsksForForce()
    {
        using TempFolder folder = new();
        SiteWriter.Write(RepositoryPages.Manual, folder.Path, force: false);

        Assert.Contains(
            "already exists",
            Assert
                .Throws<MttException>(() => SiteWriter.Write(RepositoryPages.Manual, folder.Path, force: false))
                .Message,
            StringComparison.Ordinal
        );
        Assert.Equal(
            RepositoryPages.Manual.Pages.Count + 4,
            SiteWriter.Write(RepositoryPages.Manual, folder.Path, force: true)
        );
    }

    private static Task<string?> BackgroundAsync(BrowserTab tab) =>
        TextAsync(tab, "getComputedStyle(document.body).backgroundColor");

    private static async Task<string?> TextAsync(BrowserTab tab, string expression) =>
        (string?)await tab.EvaluateAsync(expression);

    // The words whose colour is too near to what is painted behind them: the page, or the box of a figure under the words' middle.
    private const string Contrast = """
        (() => {
          const parse = (c) => c.match(/[\d.]+/g).map(Number);
          const light = (c) => { const [r, g, b] = parse(c).slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
          const behind = (e) => {
            if (e.ownerSVGElement) {
              const t = e.getBoundingClientRect(), x = t.x + t.width / 2, y = t.y + t.height / 2;
              const box = [...e.ownerSVGElement.querySelectorAll('rect')].find(r => { const b = r.getBoundingClientRect(); return b.left < x && x < b.right && b.top < y && y < b.bottom; });
              if (box) return getComputedStyle(box).fill;
            }
            for (let n = e; n; n = n.parentElement) { const c = getComputedStyle(n).backgroundColor; if (parse(c)[3] !== 0) return c; }
            return 'rgb(255, 255, 255)';
          };
          const bad = [];
          for (const e of document.querySelectorAll('body *')) {
            const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
            if (!own || e.closest('title, style, .skip') || e.getBoundingClientRect().width === 0) continue;
            const colour = e.ownerSVGElement ? getComputedStyle(e).fill : getComputedStyle(e).color;
            if (ratio(colour, behind(e)) < 4.5) bad.push(`${e.tagName} ${e.textContent.trim().slice(0, 30)} ${colour} on ${behind(e)}`);
          }
          return bad.join('; ');
        })()
        """;
}
