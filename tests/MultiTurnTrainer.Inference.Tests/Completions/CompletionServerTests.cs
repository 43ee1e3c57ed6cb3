using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Inference.Completions;
using MultiTurnTrainer.Inference.Settings;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Inference.Tests.Completions;

public class CompletionServerTests
{
    private static readonly CompletionRequest _request = new([7, 8], 16, 42)
    {
        Temperature = 0.5,
        TopP = 0.9,
        TopK = 20,
        StopTokens = [Vllm.Stop],
    };

    [Fact]
    public async Task Complete_Requests_SendsIdsAndReadsIdsInOrder()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(new Vllm("base").Play);
        using CompletionServer completions = Open(server);
        IReadOnlyList<CompletionReply> replies = await completions.CompleteAsync(
            [_request, _request with { Prompt = [9], MaxTokens = 2 }],
            default
        );
        Assert.Equal([20, 20, Vllm.Stop], replies[0].Ids);
        Assert.True(replies[0].Stopped);
        Assert.Equal([14, 14], replies[1].Ids);
        Assert.False(replies[1].Stopped);
        JsonElement body = server.Requests.Single(sent => sent.Body.GetProperty("max_tokens").GetInt32() == 16).Body;
        Assert.Equal("base", body.GetProperty("model").GetString());
        Assert.Equal([7, 8], body.GetProperty("prompt").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal(0.5, body.GetProperty("temperature").GetDouble());
        Assert.Equal(20, body.GetProperty("top_k").GetInt32());
        Assert.Equal(42, body.GetProperty("seed").GetInt64());
        Assert.True(body.GetProperty("return_token_ids").GetBoolean());
    }

    [Fact]
    public async Task Use_NewWeights_LoadsThemUnderANewNameAndUnloadsTheOldOnes()
    {
        using TempFolder folder = new();
        Vllm vllm = new("base");
        await using ScriptedServer server = await ScriptedServer.StartAsync(vllm.Play);
        using CompletionServer completions = Open(server);
        folder.Write("adapter/adapter_model.safetensors", "first");
        await completions.UseAsync(folder["adapter"], default);
        string first = completions.Model;
        await completions.CompleteAsync([_request], default);
        folder.Write("adapter/adapter_model.safetensors", "second");
        await completions.UseAsync(folder["adapter"], default);
        await completions.CompleteAsync([_request], default);
        Assert.NotEqual(first, completions.Model);
        Assert.Equal([completions.Model], vllm.Loaded.Keys);
        Assert.Equal(ContentHash.Of("second"u8), vllm.Loaded[completions.Model]);
        Assert.Equal(
            [first, completions.Model],
            server
                .Requests.Where(sent => sent.Path == "completions")
                .Select(sent => sent.Body.GetProperty("model").GetString()!)
        );
        await completions.UseAsync(null, default);
        Assert.Equal("base", completions.Model);
        Assert.Empty(vllm.Loaded);
    }

    [Fact]
    public async Task Use_WeightsThatAnEarlierRunLoaded_AreTakenAsTheyAre()
    {
        using TempFolder folder = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(new Vllm("base").Play);
        folder.Write("adapter/adapter_model.safetensors", "same");
        using CompletionServer before = Open(server);
        await before.UseAsync(folder["adapter"], default);
        using CompletionServer now = Open(server);
        await now.UseAsync(folder["adapter"], default);
        Assert.Equal(before.Model, now.Model);
    }

    [Fact]
    public async Task Use_ServerWithoutRuntimeLoading_NamesTheSwitch()
    {
        using TempFolder folder = new();
        folder.Write("adapter/adapter_model.safetensors", "x");
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Status(404));
        using CompletionServer completions = Open(server);
        MttException problem = await Assert.ThrowsAsync<MttException>(() =>
            completions.UseAsync(folder["adapter"], default)
        );
        Assert.Contains("load_lora_adapter", problem.Message, StringComparison.Ordinal);
        Assert.Contains("VLLM_ALLOW_RUNTIME_LORA_UPDATING", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Complete_FailureThatPasses_IsTriedAgain()
    {
        Vllm vllm = new("base") { Fault = request => request.Number < 3 ? Answers.Status(503) : null };
        await using ScriptedServer server = await ScriptedServer.StartAsync(vllm.Play);
        using CompletionServer completions = Open(server);
        Assert.Single(await completions.CompleteAsync([_request], default));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Complete_FailureThatStays_SaysWhereAndWhatToDo()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Status(500, "broken"));
        using CompletionServer completions = Open(server);
        MttException problem = await Assert.ThrowsAsync<MttException>(() =>
            completions.CompleteAsync([_request], default)
        );
        Assert.Contains($"{server.BaseUrl}/completions: status 500: broken", problem.Message, StringComparison.Ordinal);
        Assert.Contains("--resume", problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"choices":[{"text":"hi","finish_reason":"stop"}]}""", "token_ids")]
    [InlineData("""{"choices":[]}""", "no completion")]
    [InlineData("""not json""", "invalid")]
    public async Task Complete_AnswerWithoutIds_IsRefused(string answer, string expected)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Raw(answer));
        using CompletionServer completions = Open(server);
        MttException problem = await Assert.ThrowsAsync<MttException>(() =>
            completions.CompleteAsync([_request], default)
        );
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Complete_StopTokenApartFromTheIds_IsAppended()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            Answers.Raw("""{"choices":[{"token_ids":[5],"finish_reason":"stop","stop_reason":2}]}""")
        );
        using CompletionServer completions = Open(server);
        IReadOnlyList<CompletionReply> replies = await completions.CompleteAsync([_request], default);
        Assert.Equal([5, 2], replies[0].Ids);
    }

    private static CompletionServer Open(ScriptedServer server) =>
        new(
            new EndpointSettings { BaseUrl = server.BaseUrl },
            new RetrySettings { MaxRetries = 3, DelaySeconds = 0.01 },
            "base",
            _ => null,
            TimeProvider.System
        );
}
