using System.Text.Json.Nodes;
using MultiTurnTrainer.Testing.Browser;

namespace MultiTurnTrainer.Serving.Tests.Page;

/// <summary>The page for everybody: keyboard, screen reader, contrast, narrow windows, no scripts.</summary>
[Collection(BrowserCollection.Name)]
public class PageAccessTests(BrowserFixture browser)
{
    [Theory]
    [InlineData("light", 1280)]
    [InlineData("dark", 1280)]
    [InlineData("light", 400)]
    [InlineData("dark", 400)]
    public async Task Page_InBothSchemesAndWidths_HasContrastAndFits(string scheme, int width)
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: PageServer.Policy);
        string session = await PageServer.TalkAsync(server);
        await server.StreamAsync(
            session,
            $"A long word: {new string('x', 300)}\n\n```\n{new string('y', 300)}\n```\n\n- [a link](https://example.org/{new string('z', 200)})"
        );
        await server.PostAsync(
            $"/v1/sessions/{session}/constraints",
            """{"text": "Answer in French.", "non_negotiable": true}"""
        );
        BrowserTab tab = await browser.OpenAsync();
        await tab.ResizeAsync(width, 900);
        await tab.PreferAsync(scheme);
        await OpenAsync(tab, server, session);
        await tab.EvaluateAsync("document.querySelectorAll('details').forEach((one) => (one.open = true))");

        JsonObject contrast = (await tab.EvaluateAsync(PageScripts.Contrast))!.AsObject();
        Assert.Empty(Texts(contrast["bad"]));
        Assert.InRange((int)contrast["checked"]!, 80, int.MaxValue);
        Assert.Empty(Texts(await tab.EvaluateAsync(PageScripts.TooWide)));
        await tab.PictureAsync($"{scheme}-{width}");

        // What is measured would be seen if it were wrong.
        await tab.EvaluateAsync(
            "document.querySelector('h1').style.color = 'rgb(120, 120, 120)'; document.querySelector('h1').style.width = '2000px'"
        );
        Assert.Single(
            Texts((await tab.EvaluateAsync(PageScripts.Contrast))!["bad"]),
            found => found.Contains("Session", StringComparison.Ordinal)
        );
        Assert.NotEmpty(Texts(await tab.EvaluateAsync(PageScripts.TooWide)));
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Keyboard_ReachesEverythingAndShowsWhereItIs()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: PageServer.Policy);
        string session = await PageServer.TalkAsync(server, turns: 2);
        BrowserTab tab = await browser.OpenAsync();
        await OpenAsync(tab, server, session);
        int reachable = (int)(await tab.EvaluateAsync($"{PageScripts.Reachable}.length"))!;
        Assert.InRange(reachable, 20, 200);

        await tab.EvaluateAsync("window.reached = new Set()");
        List<string> unseen = [];
        for (int i = 0; i < reachable; i++)
        {
            await tab.PressAsync("Tab");
            JsonObject focus = (
                await tab.EvaluateAsync(
                    """
                    (() => {
                      const node = document.activeElement;
                      window.reached.add(node);
                      const style = getComputedStyle(node);
                      return { node: node.outerHTML.slice(0, 100), width: parseFloat(style.outlineWidth), style: style.outlineStyle };
                    })()
                    """
                )
            )!.AsObject();
            if ((double)focus["width"]! < 2 || (string?)focus["style"] != "solid")
            {
                unseen.Add((string)focus["node"]!);
            }
        }

        Assert.Empty(unseen);
        Assert.Empty(
            Texts(
                await tab.EvaluateAsync(
                    $"{PageScripts.Reachable}.filter((one) => !window.reached.has(one)).map((one) => one.outerHTML.slice(0, 100))"
                )
            )
        );

        // A whole walk without a pointer: to an earlier version by its button, back by the slider, then a message.
        await tab.EvaluateAsync(
            "[...document.querySelectorAll('button')].find((one) => one.textContent === 'Earlier').focus()"
        );
        await tab.PressAsync("Enter");
        await tab.WaitAsync(
            "document.querySelector('.composer [aria-disabled=true]') !== null && document.querySelector('.events [aria-current]') !== null"
        );
        Assert.Equal("Earlier", (string?)await tab.EvaluateAsync("document.activeElement.textContent"));
        await tab.PressAsync("Tab");
        await tab.PressAsync("ArrowRight");
        await tab.WaitAsync("document.querySelector('.composer [aria-disabled=true]') === null");
        Assert.Equal("range", (string?)await tab.EvaluateAsync("document.activeElement.type"));
        await tab.EvaluateAsync("document.querySelector('#message').focus()");
        await tab.TypeAsync("by keyboard");
        await tab.PressAsync("Tab");
        await tab.PressAsync(" ");
        await tab.WaitAsync("document.querySelector('.history').innerText.includes('re: by keyboard')");
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task EveryControl_HasARoleAndAName()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: PageServer.Policy);
        string session = await PageServer.TalkAsync(server, turns: 2);
        BrowserTab tab = await browser.OpenAsync();
        await OpenAsync(tab, server, session);

        IReadOnlyList<(string Role, string Name)> nodes = await tab.AccessibleAsync();
        (string Role, string Name)[] controls =
        [
            .. nodes.Where(node =>
                node.Role
                    is "button"
                        or "link"
                        or "textbox"
                        or "slider"
                        or "checkbox"
                        or "combobox"
                        or "image"
                        or "log"
                        or "main"
                        or "complementary"
                        or "navigation"
            ),
        ];
        Assert.DoesNotContain(controls, node => node.Name.Trim().Length == 0);
        foreach (
            string role in new[]
            {
                "main",
                "complementary",
                "navigation",
                "log",
                "status",
                "slider",
                "image",
                "heading",
            }
        )
        {
            Assert.Contains(nodes, node => node.Role == role);
        }

        string[] buttons = [.. controls.Where(node => node.Role == "button").Select(node => node.Name)];
        Assert.Equal(buttons.Distinct(StringComparer.Ordinal), buttons);
        Assert.Equal("en", (string?)await tab.EvaluateAsync("document.documentElement.lang"));
        // Headings go down one level at a time.
        Assert.Empty(
            Texts(
                await tab.EvaluateAsync(
                    "[...document.querySelectorAll('h1,h2,h3,h4')].filter((one, i, all) => i > 0 && one.tagName[1] - all[i - 1].tagName[1] > 1).map((one) => one.textContent)"
                )
            )
        );
    }

    [Fact]
    public async Task Page_WithoutScripts_ShowsWhatWasSaid()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: PageServer.Policy);
        string session = await PageServer.TalkAsync(server, turns: 3);
        BrowserTab tab = await browser.OpenAsync();
        await tab.DisableScriptsAsync();
        await tab.ResizeAsync(400, 900);
        await tab.GoAsync($"{server.Server.Url}/sessions/{session}");

        string text = (string)(await tab.EvaluateAsync("document.body.innerText"))!;
        Assert.Contains("You help in a shop for lamps.", text, StringComparison.Ordinal);
        Assert.Contains("re: Question 3: what about lamp number 3", text, StringComparison.Ordinal);
        Assert.Contains("Without scripts this page shows what was said", text, StringComparison.Ordinal);
        Assert.Empty(Texts(await tab.EvaluateAsync(PageScripts.TooWide)));
        Assert.Empty(Texts((await tab.EvaluateAsync(PageScripts.Contrast))!["bad"]));
        await tab.PictureAsync("no-scripts-400");

        await tab.GoAsync($"{server.Server.Url}/");
        Assert.Contains(
            session[..8],
            (string)(await tab.EvaluateAsync("document.body.innerText"))!,
            StringComparison.Ordinal
        );
    }

    private static async Task OpenAsync(BrowserTab tab, TestServer server, string session)
    {
        await tab.GoAsync($"{server.Server.Url}/sessions/{session}");
        await tab.WaitAsync("document.querySelector('#constraint') !== null");
    }

    private static IEnumerable<string> Texts(JsonNode? list) => list!.AsArray().Select(text => (string)text!);
}
