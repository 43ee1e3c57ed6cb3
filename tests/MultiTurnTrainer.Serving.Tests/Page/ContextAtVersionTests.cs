using System.Text.Json.Nodes;

namespace MultiTurnTrainer.Serving.Tests.Page;

/// <summary><c>/v1/sessions/ID/context?version=N</c>: what the model saw then.</summary>
public class ContextAtVersionTests
{
    [Fact]
    public async Task Context_AtTheBeginningOfEachTurn_IsThePromptThatWasSent()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: PageServer.Policy);
        string session = await PageServer.TalkAsync(server, turns: 8);
        JsonArray turns = (await server.GetAsync($"/v1/sessions/{session}")).Json["turns"]!.AsArray();
        await server.PostAsync($"/v1/sessions/{session}/turns/{turns[4]!["id"]}/regenerate", "{}");
        turns = (await server.GetAsync($"/v1/sessions/{session}")).Json["turns"]!.AsArray();

        Assert.Equal(9, turns.Count);
        Assert.Equal("replaced", (string?)turns[4]!["status"]);
        foreach ((JsonNode? turn, int i) in turns.Select((turn, i) => (turn, i)))
        {
            JsonObject context = (
                await server.GetAsync($"/v1/sessions/{session}/context?version={turn!["version"]}")
            ).Json;
            Assert.Equal((string?)turn["prompt_hash"], (string?)context["hash"]);
            Assert.Equal(
                server.Received[i].Messages.Select(message => message.Content),
                context["messages"]!.AsArray().Select(message => (string?)message!["content"])
            );
        }
    }

    [Fact]
    public async Task Context_AtTheNewestVersion_IsTheOneOfNow()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: PageServer.Policy);
        string session = await PageServer.TalkAsync(server);
        string version = (string)(await server.GetAsync($"/v1/sessions/{session}")).Json["version"]!.ToString();

        string then = (await server.GetAsync($"/v1/sessions/{session}/context?version={version}")).Text;

        Assert.Equal((await server.GetAsync($"/v1/sessions/{session}/context")).Text, then);
        Reply none = await server.GetAsync($"/v1/sessions/{session}/context?version=999");
        Assert.Equal((409, "version_conflict"), (none.Status, none.ErrorCode));
    }

    [Fact]
    public async Task Context_OfASmallWindow_SaysThresholdsConstraintsAndWhatWent()
    {
        await using TestServer server = await TestServer.StartAsync(PageServer.Echo, policy: PageServer.Policy);
        string session = await PageServer.TalkAsync(server);

        JsonObject context = (await server.GetAsync($"/v1/sessions/{session}/context")).Json;

        Assert.Equal([288, 360, 384, 432], context["steps"]!.AsArray().Select(step => (int)step!["at"]!));
        JsonNode constraint = context["constraints"]!.AsArray().Single()!;
        Assert.Equal("Never recommend halogen lamps.", (string?)constraint["text"]);
        Assert.Equal((1, 0), ((int)constraint["message"]!, (int)constraint["turn"]!));
        Assert.Contains(
            "the window holds 4 turns",
            (string?)context["left_out"]![0]!["reason"],
            StringComparison.Ordinal
        );
        JsonObject parts = context["parts"]!.AsObject();
        Assert.Equal(
            (int)context["tokens"]!,
            new[] { "system", "injected", "memory", "history", "tools" }.Sum(part => (int)parts[part]!)
        );
        Assert.Equal((int)context["window"]!, (int)context["budget"]! + (int)parts["reserve"]!);
    }
}
