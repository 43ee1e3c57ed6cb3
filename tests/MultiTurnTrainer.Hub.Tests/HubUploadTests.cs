using System.Text;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Hub.Client;
using MultiTurnTrainer.Hub.Downloads;
using MultiTurnTrainer.Hub.Uploads;

namespace MultiTurnTrainer.Hub.Tests;

public sealed class HubUploadTests : IDisposable
{
    private static readonly HubName _name = new(HubKind.Model, "me/adapter");
    private readonly ScriptedHub _hub = new();

    public void Dispose() => _hub.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1500)]
    public async Task Push_SmallAndLargeFiles_ArriveInOneCommit(int uploadPart)
    {
        _hub.UploadPart = uploadPart;
        byte[] large = [.. Enumerable.Range(0, 4000).Select(i => (byte)i)];

        string address = await PushAsync(
            UploadFile.Of("w.safetensors", large),
            UploadFile.Of("README.md", "card"u8.ToArray())
        );

        Assert.StartsWith(_hub.Endpoint, address, StringComparison.Ordinal);
        Assert.Equal(large, _hub.Stored[ContentHash.Of(large)]);
        JsonNode[] commit = Assert.Single(_hub.Commits);
        Assert.Equal(["header", "lfsFile", "file"], commit.Select(line => (string)line["key"]!));
        Assert.Equal("first try", (string)commit[0]["value"]!["summary"]!);
        Assert.Equal(ContentHash.Of(large), (string)commit[1]["value"]!["oid"]!);
        string content = (string)commit[2]["value"]!["content"]!;
        Assert.Equal("card", Encoding.UTF8.GetString(Convert.FromBase64String(content)));
        Assert.Contains(_hub.Requests, request => request.Path.StartsWith("/verify/", StringComparison.Ordinal));
        Assert.All(
            _hub.Requests.Where(request => _hub.StorageAddress.EndsWith(request.Host)),
            request => Assert.Null(request.Authorization)
        );
    }

    [Fact]
    public async Task Push_WhatTheStorageHas_IsNotSentAgain()
    {
        byte[] large = new byte[3000];
        await PushAsync(UploadFile.Of("w.safetensors", large));
        _hub.Requests.Clear();

        await PushAsync(UploadFile.Of("w.safetensors", large));

        Assert.DoesNotContain(_hub.Requests, request => request.Method == "PUT");
        Assert.Equal(2, _hub.Commits.Count);
    }

    [Fact]
    public async Task Push_ARepositoryThatIsThere_IsUsed()
    {
        _hub.Script = request => request.Path == "/api/repos/create" ? new HubMishap { Status = 409 } : null;

        await PushAsync(UploadFile.Of("README.md", "card"u8.ToArray()));

        Assert.Single(_hub.Commits);
    }

    [Fact]
    public async Task Push_ACommitThatFails_IsNotSentTwice()
    {
        _hub.Script = request => request.Path.Contains("/commit/") ? new HubMishap { Status = 503 } : null;

        await Assert.ThrowsAsync<MttException>(() => PushAsync(UploadFile.Of("README.md", "card"u8.ToArray())));

        Assert.Single(_hub.Requests, request => request.Path.Contains("/commit/"));
    }

    [Fact]
    public void Push_WithoutAToken_IsRefused()
    {
        MttException problem = Assert.Throws<MttException>(() =>
            new HubUpload(Settings() with { Token = null }, new Silence(), TimeProvider.System)
        );

        Assert.Contains("HF_TOKEN", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_OfACard_SaysWhatTheHubReads()
    {
        ModelCard card = new()
        {
            Id = "me/support-bot",
            Base = "org/base",
            BaseCommit = "0123",
            IsAdapter = true,
            Licence = "apache-2.0",
            Datasets = ["org/chats"],
            Data = [("train.jsonl", "abcd")],
            Rows = [("max_length", "2048")],
            Metrics = [("loss", "0.5")],
        };

        string text = card.Write();

        Assert.StartsWith(
            """
            ---
            base_model: org/base
            base_model_relation: adapter
            library_name: peft
            pipeline_tag: text-generation
            license: apache-2.0
            datasets:
            - org/chats
            tags:
            - lora
            - mtt
            - "base_model:adapter:org/base"
            ---

            # support-bot

            """,
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("| train.jsonl | abcd |", text, StringComparison.Ordinal);
        Assert.Contains("| max_length | 2048 |", text, StringComparison.Ordinal);
        Assert.Contains("| loss | 0.5 |", text, StringComparison.Ordinal);
    }

    private async Task<string> PushAsync(params UploadFile[] files)
    {
        using HubUpload upload = new(Settings(), new Silence(), TimeProvider.System);
        return await upload.PushAsync(_name, files, new UploadOptions("first try"), CancellationToken.None);
    }

    private HubSettings Settings() =>
        new()
        {
            Endpoint = _hub.Endpoint,
            Cache = "/nowhere",
            Token = "secret",
            RetryDelay = TimeSpan.FromMilliseconds(1),
        };

    private sealed class Silence : IHubObserver
    {
        public void Planned(string repository, int files, long bytes) { }

        public void Received(long bytes) { }

        public void Noted(string text) { }
    }
}
