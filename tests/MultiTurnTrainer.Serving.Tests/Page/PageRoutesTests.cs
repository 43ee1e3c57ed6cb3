using MultiTurnTrainer.Serving.Page;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Serving.Tests.Page;

/// <summary>The page as it comes over HTTP: what it says without scripts, and to whom.</summary>
public class PageRoutesTests
{
    private static readonly string[] _files =
    [
        "shell.css",
        "plan.css",
        "page.css",
        "icon.svg",
        "page.js",
        "api.js",
        "chat.js",
        "composer.js",
        "dom.js",
        "gauge.js",
        "key.js",
        "layout.js",
        "markdown.js",
        "seen.js",
        "versions.js",
    ];

    [Fact]
    public async Task EveryAnswer_OfThePage_HasTheContentPolicyAndNothingInline()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo);
        string session = await PageServer.TalkAsync(server, turns: 1);

        foreach (string path in new[] { "/", $"/sessions/{session}", "/sessions/none" })
        {
            Reply page = await server.GetAsync(path);
            Assert.Equal(path == "/sessions/none" ? 404 : 200, page.Status);
            Assert.Contains("default-src 'none'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Contains("trusted-types 'none'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Equal("nosniff", page.Header("X-Content-Type-Options"));
            Assert.Equal("no-store", page.Header("Cache-Control"));
            using HttpRequestMessage asked = new(HttpMethod.Head, path);
            using HttpResponseMessage head = await server.Client.SendAsync(asked);
            Assert.Equal(page.Status, (int)head.StatusCode);
            Assert.DoesNotMatch(
                "<style|<script(?! type=\"module\" src=\"/page/page.js\"></script>)| style=| on[a-z]+=|https?:",
                page.Text
            );
        }

        foreach (string file in _files)
        {
            Reply got = await server.GetAsync($"/page/{file}");
            Assert.Equal(200, got.Status);
            Assert.DoesNotMatch(
                "https?://(?!www\\.w3\\.org/2000/svg)[a-z]|innerHTML|insertAdjacentHTML|\\beval\\b|@import",
                got.Text
            );
            Assert.Equal(304, (await server.GetAsync($"/page/{file}", ("If-None-Match", got.Header("ETag")!))).Status);
        }

        Assert.Equal(404, (await server.GetAsync("/page/openapi.json")).Status);
    }

    [Fact]
    public void Files_OfTheFolder_AreAllServed()
    {
        string folder = Path.Combine(Repository.Root, "src/MultiTurnTrainer.Serving/Page");
        IEnumerable<string> there = Directory
            .EnumerateFiles(folder)
            .Where(path => !path.EndsWith(".cs", StringComparison.Ordinal))
            .Select(path => Path.GetFileName(path))
            .Concat(["shell.css", "plan.css"]);
        Assert.Equal(_files.Order(StringComparer.Ordinal), there.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task History_WithoutScripts_SaysWhatWasSaidAsText()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo);
        string session = await server.BeginAsync("""{"user": "<b>ada</b>"}""");
        await server.SayAsync(session, "<script>alert(1)</script> & \"more\"", ("mtt-participant", "<i>bob</i>"));
        await server.PostAsync($"/v1/sessions/{session}/constraints", """{"text": "<img src=x onerror=alert(1)>"}""");

        Reply page = await server.GetAsync($"/sessions/{session}");
        Reply list = await server.GetAsync("/");

        Assert.Contains(
            "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;",
            page.Text,
            StringComparison.Ordinal
        );
        Assert.Contains("re: &lt;script&gt;", page.Text, StringComparison.Ordinal);
        Assert.Contains("&lt;i&gt;bob&lt;/i&gt;", page.Text, StringComparison.Ordinal);
        Assert.Contains("&lt;img src=x onerror=alert(1)&gt;", page.Text, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;ada&lt;/b&gt;", list.Text, StringComparison.Ordinal);
        Assert.Contains($"href=\"/sessions/{session}\"", list.Text, StringComparison.Ordinal);
        foreach (string text in new[] { page.Text, list.Text })
        {
            Assert.DoesNotMatch("<(b|i|img|script(?! type=\"module\"))[ >]", text);
        }
    }

    [Fact]
    public async Task List_ThatIsFull_SaysThatItMayBeCut()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo);
        for (int i = 1; i < HistoryPage.MostListed; i++)
        {
            await server.BeginAsync();
        }

        const string cut = "These are the 200 that changed last.";
        Assert.DoesNotContain(cut, (await server.GetAsync("/")).Text, StringComparison.Ordinal);
        await server.BeginAsync();
        Assert.Contains(cut, (await server.GetAsync("/")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_OfPartsAndCallsOfTools_IsReadable()
    {
        await using TestServer server = await TestServer.StartAsync(ClientScript.Play);
        string parts = await server.BeginAsync(
            """{"messages": [{"role": "user", "content": [{"type": "text", "text": "in parts"}, {"type": "image_url"}]}]}"""
        );
        string tools = await server.BeginAsync();
        await server.StreamAsync(tools, "call a tool");

        string page = (await server.GetAsync($"/sessions/{tools}")).Text;

        Assert.Contains(
            "in parts\n[image_url]",
            (await server.GetAsync($"/sessions/{parts}")).Text,
            StringComparison.Ordinal
        );
        Assert.Contains("calls weather", page, StringComparison.Ordinal);
        Assert.Contains("{&quot;city&quot;: &quot;Rome&quot;}", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_OfAServerWithKeys_ShowsATenantOnlyItsOwn()
    {
        (string acme, string acmeHash) = TenantKeys.New();
        (string other, string otherHash) = TenantKeys.New();
        await using TestServer server = await TestServer.StartAsync(
            PageServer.Echo,
            plan =>
                plan with
                {
                    Sessions = new SessionsOptions(new MemorySessionStore())
                    {
                        Keys = new TenantKeys(
                            new Dictionary<string, IReadOnlyList<string>>
                            {
                                ["acme"] = [acmeHash],
                                ["other"] = [otherHash],
                            }
                        ),
                    },
                }
        );
        string session = (string)
            (
                await server.PostAsync(
                    "/v1/sessions",
                    """{"messages": [{"role": "user", "content": "secret words"}]}""",
                    ("Authorization", $"Bearer {acme}")
                )
            ).Json["id"]!;
        string path = $"/sessions/{session}";

        foreach (string open in new[] { "/", path })
        {
            Reply asked = await server.GetAsync(open);
            Assert.Equal(200, asked.Status);
            Assert.Contains("name=\"key\"", asked.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("secret words", asked.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(
                session[..8],
                asked.Text.Replace(path, "", StringComparison.Ordinal),
                StringComparison.Ordinal
            );
        }

        Reply own = await FormAsync(server, path, acme);
        Assert.Equal(200, own.Status);
        Assert.Contains("secret words", own.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(acme, own.Text, StringComparison.Ordinal);
        Assert.Contains(session[..8], (await FormAsync(server, "/", acme)).Text, StringComparison.Ordinal);
        Assert.Equal(404, (await FormAsync(server, path, other)).Status);
        Assert.DoesNotContain(session[..8], (await FormAsync(server, "/", other)).Text, StringComparison.Ordinal);
        Reply wrong = await FormAsync(server, path, "mtt-wrong");
        Assert.Equal(401, wrong.Status);
        Assert.Contains("This key is unknown.", wrong.Text, StringComparison.Ordinal);
        Assert.Equal(401, (await server.GetAsync("/v1/sessions")).Status);
        Assert.Equal(200, (await server.GetAsync("/page/page.js")).Status);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    public async Task Page_AskedForByAnotherSite_IsRefused(string header, string value)
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo);
        foreach (string path in new[] { "/", "/page/page.js" })
        {
            Assert.Equal(403, (await server.GetAsync(path, (header, value))).Status);
        }

        Assert.Equal(403, (await server.PostAsync("/", "key=x", (header, value))).Status);
    }

    private static Task<Reply> FormAsync(TestServer server, string path, string key) =>
        server.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new FormUrlEncodedContent([new KeyValuePair<string, string>("key", key)]),
            }
        );
}
