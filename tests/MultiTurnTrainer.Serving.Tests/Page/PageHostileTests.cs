using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Testing.Browser;

namespace MultiTurnTrainer.Serving.Tests.Page;

/// <summary>What users, models, tools and constraints say is text on the page, whatever it looks like.</summary>
[Collection(BrowserCollection.Name)]
public class PageHostileTests(BrowserFixture browser)
{
    private static readonly string[] _payloads =
    [
        "<script>window.ran = 1</script>",
        "<img src=x onerror=\"window.ran = 2\">",
        "<svg onload=\"window.ran = 3\"><script>window.ran = 4</script></svg>",
        "<a href=\"javascript:window.ran = 5\">click</a>",
        "[click](javascript:window.ran=6)",
        "[click](JaVaScRiPt:window.ran=7)",
        "[click](data:text/html,<script>window.ran=8</script>)",
        "[click](vbscript:x) [click](//evil.example/x) [click](/v1/sessions)",
        "![picture](https://evil.example/x.png) ![p](x\" onerror=\"window.ran=9)",
        "[x\" onmouseover=\"window.ran=10](https://example.org/\"onmouseover=\"window.ran=11)",
        "<iframe srcdoc=\"<script>parent.ran = 12</script>\"></iframe><base href=\"https://evil.example/\">",
        "</div></li></ol><style>* { display: none }</style><form action=\"https://evil.example\"><input name=key>",
        "```html\n<script>window.ran = 13</script>\n```",
        "`<img src=x onerror=window.ran=14>` **<img src=x onerror=window.ran=15>**",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=window.ran=16&gt;\">",
        "</script><script>window.ran = 17</script><noscript><p title=\"</noscript><img src=x onerror=window.ran=18>\">",
        "{{constructor.constructor('window.ran = 19')()}} ${window.ran = 20} \u2028window.ran = 21",
    ];

    [Fact]
    public async Task Texts_ThatAreScripts_StayTexts()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo);
        string all = string.Join("\n\n", _payloads);
        string session = await server.BeginAsync(
            JsonSerializer.Serialize(
                new
                {
                    messages = new[] { new { role = "system", content = all } },
                    user = "<img src=x onerror=\"window.ran = 30\">",
                    metadata = new { title = _payloads[1] },
                }
            )
        );
        foreach (string payload in _payloads)
        {
            await server.PostAsync(
                $"/v1/sessions/{session}/constraints",
                JsonSerializer.Serialize(new { text = payload, non_negotiable = true })
            );
            await server.PostAsync(
                "/v1/chat/completions",
                JsonSerializer.Serialize(
                    new
                    {
                        model = "served",
                        stream = true,
                        messages = new[] { new { role = "user", content = $"You must never say {payload}" } },
                    }
                ),
                ("mtt-session", session),
                ("mtt-participant", "<svg onload='window.ran=32'>")
            );
        }

        BrowserTab tab = await browser.OpenAsync();
        await tab.GoAsync($"{server.Server.Url}/sessions/{session}");
        await tab.WaitAsync("document.querySelector('#constraint') !== null");
        await CheckAsync(tab, messages: (2 * _payloads.Length) + 1);

        // Also as they stream in, and at every version.
        await tab.EvaluateAsync("document.querySelector('#message').focus()");
        await tab.TypeAsync(all);
        await tab.PressAsync("Enter");
        await tab.WaitAsync(
            $"document.querySelectorAll('.history > li').length === {(2 * _payloads.Length) + 3} && document.querySelector('[aria-busy]') === null"
        );
        await CheckAsync(tab, messages: (2 * _payloads.Length) + 3);
        await tab.EvaluateAsync(
            "[...document.querySelectorAll('button')].find((one) => one.textContent === 'Earlier').click()"
        );
        await tab.WaitAsync("document.querySelector('.composer [aria-disabled=true]') !== null");
        await CheckAsync(tab, messages: (2 * _payloads.Length) + 2);

        await tab.GoAsync($"{server.Server.Url}/");
        await tab.WaitAsync(
            "document.querySelector('.sessions li') !== null && document.querySelector('#message') !== null"
        );
        Assert.Contains(
            "<img src=x onerror",
            (string)(await tab.EvaluateAsync("document.body.innerText"))!,
            StringComparison.Ordinal
        );
        await CheckAsync(tab, messages: 0);
    }

    [Fact]
    public async Task ContentPolicy_OfThePage_StopsAndReportsWhatWouldRun()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo);
        BrowserTab tab = await browser.OpenAsync();
        await tab.GoAsync($"{server.Server.Url}/");
        await tab.WaitAsync("document.querySelector('#message') !== null");
        Assert.Empty(tab.Problems);

        // No text becomes HTML, no handler in an attribute and no script of its own runs, no style stands in an attribute.
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            tab.EvaluateAsync("document.body.innerHTML = '<b>x</b>'")
        );
        await tab.EvaluateAsync(
            """
            (() => {
              const button = document.createElement("button");
              document.body.append(button);
              try { button.setAttribute("onclick", "window.ran = 1"); button.click(); } catch { }
              button.setAttribute("style", "position: fixed");
              const image = document.createElement("img");
              image.src = "https://evil.example/x.png";
            })()
            """
        );
        await tab.WaitAsync("true");
        Assert.Equal("undefined", (string?)await tab.EvaluateAsync("typeof window.ran"));
        Assert.Equal(
            "static",
            (string?)await tab.EvaluateAsync("getComputedStyle(document.body.lastElementChild).position")
        );
        Assert.InRange(tab.Problems.Count, 3, int.MaxValue);
    }

    private static async Task CheckAsync(BrowserTab tab, int messages)
    {
        Assert.Equal("undefined", (string?)await tab.EvaluateAsync("typeof window.ran"));
        Assert.Equal(messages, (int)(await tab.EvaluateAsync("document.querySelectorAll('.history > li').length"))!);
        JsonArray foreign = (await tab.EvaluateAsync(PageScripts.Foreign))!.AsArray();
        Assert.Empty(foreign.Select(node => (string?)node));
        Assert.Equal("block", (string?)await tab.EvaluateAsync("getComputedStyle(document.body).display"));
        // The content policy had nothing to stop.
        Assert.Empty(tab.Problems);
    }
}
