using System.Text.Json.Nodes;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Testing.Browser;

namespace MultiTurnTrainer.Serving.Tests.Page;

/// <summary>Talking on the page, in a real browser.</summary>
[Collection(BrowserCollection.Name)]
public class PageChatTests(BrowserFixture browser)
{
    private const string ShownAnswers =
        "[...document.querySelectorAll('.history > .message.kept')].filter((one) => one.querySelector('h3').textContent.includes('assistant'))";

    [Fact]
    public async Task Chat_FromTheFirstWordOn_IsStreamedAndShowsThePromptThatWasSent()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: PageServer.Policy);
        BrowserTab tab = await browser.OpenAsync();
        await tab.GoAsync($"{server.Server.Url}/");
        await SayAsync(tab, "Never recommend halogen lamps. Which one is good for reading?");

        await tab.WaitAsync($"{ShownAnswers}.length === 1 && document.querySelector('[aria-busy]') === null");
        Assert.Matches("/sessions/[0-9a-f]{64}$", await TextAsync(tab, "location.href"));
        Assert.Equal(
            "re: Never recommend halogen lamps. Which one is good for reading?",
            await TextAsync(tab, $"{ShownAnswers}[0].querySelector('.words').innerText")
        );
        // Spoken in whole sentences, each once.
        Assert.Equal(
            "re: Never recommend halogen lamps.|Which one is good for reading?",
            await TextAsync(
                tab,
                "[...document.querySelectorAll('[role=log] p')].map((one) => one.textContent).join('|')"
            )
        );
        Assert.Contains(
            "“Never recommend halogen lamps.” set in turn 1, message 1",
            await TextAsync(tab, "document.querySelector('.constraints').innerText"),
            StringComparison.Ordinal
        );

        await ClickAsync(tab, "What it saw");
        await tab.WaitAsync(
            "document.querySelector('#seen').innerText.includes('by its hash, the prompt that was sent')"
        );
        Assert.Equal("seen", await TextAsync(tab, "document.activeElement.id"));
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Prompt_OfALongSession_ShowsPartsThresholdsConstraintsAndWhatWent()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: PageServer.Policy);
        string session = await PageServer.TalkAsync(server);
        JsonObject context = (await server.GetAsync($"/v1/sessions/{session}/context")).Json;
        BrowserTab tab = await OpenAsync(server, session);

        string seen = await TextAsync(tab, "document.querySelector('#seen').innerText");
        Assert.Contains($"{context["tokens"]} of 480 tokens, estimated", seen, StringComparison.Ordinal);
        Assert.Contains("the window holds 4 turns; the summary replaces them", seen, StringComparison.Ordinal);
        Assert.Contains(
            "At 60 % of the budget (288 tokens): clear tool results, summarize turns, down to 50 %.",
            seen,
            StringComparison.Ordinal
        );
        JsonArray items = context["items"]!.AsArray();
        Assert.Equal(items.Count, (int)(await tab.EvaluateAsync("document.querySelectorAll('.parts > li').length"))!);
        Assert.Equal(
            items.Select(item => $"kind-{item!["kind"]}"),
            (await tab.EvaluateAsync("[...document.querySelectorAll('.parts > li')].map((one) => one.className)"))!
                .AsArray()
                .Select(kind => (string?)kind)
        );
        // The bars of the gauge are as wide as their tokens.
        double share = (double)
            (
                await tab.EvaluateAsync(
                    "[...document.querySelectorAll('.gauge .part')].reduce((sum, one) => sum + one.getBoundingClientRect().width, 0) / document.querySelector('.gauge').clientWidth"
                )
            )!;
        Assert.InRange(share, ((int)context["tokens"]! / 600.0) - 0.02, ((int)context["tokens"]! / 600.0) + 0.02);
        Assert.Equal(
            (int)context["left_out"]![0]!["last"]! - (int)context["left_out"]![0]!["first"]! + 1,
            (int)(await tab.EvaluateAsync("document.querySelectorAll('.message.gone').length"))!
        );
        await tab.PictureAsync("long-light");
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Versions_SteppedThrough_ShowWhatWasThenAndFork()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: PageServer.Policy);
        string session = await PageServer.TalkAsync(server, turns: 2);
        BrowserTab tab = await OpenAsync(server, session);
        await tab.WaitAsync("document.querySelectorAll('.history > li').length === 5");

        await ClickAsync(tab, "Earlier");
        await ClickAsync(tab, "Earlier");
        await tab.WaitAsync("document.querySelectorAll('.history > li').length === 3");
        Assert.True(
            (bool)(await tab.EvaluateAsync("document.querySelector('.composer [aria-disabled=true]') !== null"))!
        );
        await ClickAsync(tab, "Fork here");
        await tab.WaitAsync(
            $"!location.href.includes('{session}') && document.querySelectorAll('.history > li').length === 3"
        );

        await SayAsync(tab, "another question");
        await tab.WaitAsync(
            "document.querySelectorAll('.history > li').length === 5 && document.querySelector('[aria-busy]') === null"
        );
        string fork = (await TextAsync(tab, "location.pathname"))["/sessions/".Length..];
        JsonObject state = (await server.GetAsync($"/v1/sessions/{fork}")).Json;
        Assert.Equal(session, (string?)state["forked_from"]);
        Assert.Equal("re: another question", (string?)state["messages"]![4]!["content"]);
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Regenerate_AnAnswer_PutsAnotherInItsPlaceAndKeepsBoth()
    {
        await using TestServer server = await TestServer.StartAsync(
            request => PageServer.Pieces($"answer {request.Number}"),
            policy: PageServer.Policy
        );
        string session = await PageServer.TalkAsync(server, turns: 1);
        BrowserTab tab = await OpenAsync(server, session);

        await ClickAsync(tab, "Regenerate");
        await tab.WaitAsync(
            $"{ShownAnswers}.at(-1).innerText.includes('answer 2') && document.querySelector('[aria-busy]') === null"
        );
        await tab.WaitAsync("document.querySelector('.message.broken').innerText.includes('replaced')");
        JsonObject state = (await server.GetAsync($"/v1/sessions/{session}")).Json;
        Assert.Equal(["replaced", "committed"], state["turns"]!.AsArray().Select(turn => (string?)turn!["status"]));
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Stop_AnAnswer_KeepsWhatCameAsideUntilItIsTaken()
    {
        await using TestServer server = await TestServer.StartAsync(_ =>
            async (context, received) =>
            {
                for (int i = 0; !context.RequestAborted.IsCancellationRequested; i++)
                {
                    await PageServer.WriteAsync(context, $"word{i} ");
                    await Task.Delay(20);
                }
            }
        );
        BrowserTab tab = await browser.OpenAsync();
        await tab.GoAsync($"{server.Server.Url}/");
        await SayAsync(tab, "Talk on and on.");
        await tab.WaitAsync("document.querySelector('[aria-busy]')?.innerText.includes('word3')");

        await ClickAsync(tab, "Stop");
        await tab.WaitAsync("document.querySelector('.message.broken')?.innerText.includes('interrupted (client)')");
        await ClickAsync(tab, "Keep what was shown");
        await tab.WaitAsync($"{ShownAnswers}.length === 1 && {ShownAnswers}[0].innerText.includes('word3')");
        Assert.Equal("true", await TextAsync(tab, "document.querySelector('.message.broken') === null"));
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Constraints_AddedAndWithdrawn_ChangeThePrompt()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: PageServer.Policy);
        string session = await PageServer.TalkAsync(server, turns: 1);
        BrowserTab tab = await OpenAsync(server, session);

        await tab.EvaluateAsync("document.querySelector('#constraint').focus()");
        await tab.TypeAsync("Answer in French.");
        await tab.PressAsync("Enter");
        await tab.WaitAsync(
            "document.querySelector('.constraints').innerText.includes('“Answer in French.” stated apart, from turn 2')"
        );
        await ClickAsync(tab, "Withdraw");
        await tab.WaitAsync("!document.querySelector('.constraints').innerText.includes('French')");
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Notices_OfThePolicy_AreTold()
    {
        ContextPolicy policy = PageServer.Policy with { Session = new SessionPolicy { OfferResetAfter = 2 } };
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: policy);
        string session = await PageServer.TalkAsync(server, turns: 1);
        BrowserTab tab = await OpenAsync(server, session);
        await SayAsync(tab, "And now?");
        await tab.WaitAsync(
            "[...document.querySelectorAll('[role=status]')].some((one) => one.innerText.includes('This conversation has become long'))"
        );
        Assert.Empty(tab.Problems);
    }

    [Fact]
    public async Task Key_OfAServerWithKeys_IsAskedForAndKeptInThisTabOnly()
    {
        (string key, string hash) = TenantKeys.New();
        await using TestServer server = await TestServer.StartAsync(
            PageServer.Echo,
            plan =>
                plan with
                {
                    Sessions = new SessionsOptions(new MemorySessionStore())
                    {
                        Keys = new TenantKeys(new Dictionary<string, IReadOnlyList<string>> { ["acme"] = [hash] }),
                    },
                }
        );
        BrowserTab tab = await browser.OpenAsync();
        await tab.GoAsync($"{server.Server.Url}/");
        await GiveKeyAsync(tab, "mtt-wrong");
        await tab.WaitAsync("document.querySelector('dialog')?.innerText.includes('This key is unknown.')");
        await GiveKeyAsync(tab, key);
        await SayAsync(tab, "Hello");
        await tab.WaitAsync($"{ShownAnswers}.length === 1 && document.querySelector('[aria-busy]') === null");

        Assert.Equal(
            $"{key}|0|",
            await TextAsync(tab, "[...Object.values(sessionStorage), localStorage.length, document.cookie].join('|')")
        );
        await tab.GoAsync(await TextAsync(tab, "location.href"));
        await tab.WaitAsync($"{ShownAnswers}.length === 1");
        // The browser notes each answer 401; nothing else went wrong.
        Assert.All(tab.Problems, problem => Assert.Contains("status of 401", problem, StringComparison.Ordinal));
        Assert.NotEmpty(tab.Problems);
    }

    [Fact]
    public async Task Text_ThatTheServerDoesNotGet_IsGivenBackAndCanBeSaidAgain()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: PageServer.Policy);
        BrowserTab tab = await browser.OpenAsync();
        await tab.GoAsync($"{server.Server.Url}/");
        await tab.WaitAsync("document.querySelector('#message') !== null");
        await tab.EvaluateAsync("window.sends = window.fetch");

        // First where there is no session yet, then in one.
        for (int said = 1; said <= 2; said++)
        {
            await tab.EvaluateAsync("window.fetch = () => Promise.reject(new Error('no server'))");
            await SayAsync(tab, "Hello");
            await tab.WaitAsync(
                "!document.querySelector('[role=alert]').hidden && document.querySelector('[role=alert]').innerText === 'no server' && document.querySelector('#message').value === 'Hello' && document.querySelector('.composer [aria-disabled=true]') === null"
            );
            Assert.Equal("true", await TextAsync(tab, "document.querySelector('[aria-busy]') === null"));

            await tab.EvaluateAsync("window.fetch = window.sends");
            await tab.PressAsync("Enter");
            await tab.WaitAsync($"{ShownAnswers}.length === {said} && document.querySelector('[aria-busy]') === null");
            Assert.Equal("true", await TextAsync(tab, "document.querySelector('[role=alert]').hidden"));
        }

        Assert.Empty(tab.Problems);
    }

    private static async Task GiveKeyAsync(BrowserTab tab, string key)
    {
        await tab.WaitAsync("document.activeElement.id === 'key' && document.activeElement.value === ''");
        await tab.TypeAsync(key);
        await tab.PressAsync("Enter");
    }

    private async Task<BrowserTab> OpenAsync(TestServer server, string session)
    {
        BrowserTab tab = await browser.OpenAsync();
        await tab.GoAsync($"{server.Server.Url}/sessions/{session}");
        await tab.WaitAsync("document.querySelector('#constraint') !== null");
        return tab;
    }

    private static async Task SayAsync(BrowserTab tab, string text)
    {
        await tab.WaitAsync("document.querySelector('#message') !== null");
        await tab.EvaluateAsync("document.querySelector('#message').focus()");
        await tab.TypeAsync(text);
        await tab.PressAsync("Enter");
    }

    private static async Task ClickAsync(BrowserTab tab, string text)
    {
        string button =
            $"[...document.querySelectorAll('button')].find((one) => one.textContent === '{text}' && !one.disabled && one.ariaDisabled !== 'true' && one.checkVisibility())";
        await tab.WaitAsync(button);
        await tab.EvaluateAsync($"{button}.click()");
    }

    private static async Task<string> TextAsync(BrowserTab tab, string expression) =>
        (string)(await tab.EvaluateAsync($"String({expression})"))!;
}
