using MultiTurnTrainer.Files;
using MultiTurnTrainer.Hub.Client;
using MultiTurnTrainer.Hub.Downloads;

namespace MultiTurnTrainer.Hub.Tests;

public sealed class DatasetFilesTests : IDisposable
{
    private const string _card = """
        ---
        license: mit
        configs:
        - config_name: en
          default: true
          data_files:
          - split: train
            path: data/en/train-*
          - split: test
            path: ["data/en/test-*", "more/**/test.jsonl"]
        - config_name: de
          data_files: data/de/*.parquet
        ---
        # Chats
        """;

    private static readonly string[] _files =
    [
        "README.md",
        "data/de/a.parquet",
        "data/en/test-00000.parquet",
        "data/en/train-00000.parquet",
        "data/en/train-00001.parquet",
        "more/x/y/test.jsonl",
    ];

    private readonly ScriptedHub _hub = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _hub.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("", "data/en/train-00000.parquet data/en/train-00001.parquet")]
    [InlineData(":test", "data/en/test-00000.parquet more/x/y/test.jsonl")]
    [InlineData("/de", "data/de/a.parquet")]
    public void Choose_ByTheCard_TakesItsPatterns(string rest, string wanted)
    {
        DatasetName name = DatasetName.Parse("hf://datasets/org/chats" + rest);

        Assert.Equal(wanted.Split(' '), DatasetFiles.Choose(name, _files, _card));
    }

    [Theory]
    [InlineData("/fr", "en, de")]
    [InlineData("/de:test", "train")]
    public void Choose_WhatTheCardHasNot_IsRefusedWithWhatItHas(string rest, string known)
    {
        DatasetName name = DatasetName.Parse("hf://datasets/org/chats" + rest);

        MttException problem = Assert.Throws<MttException>(() => DatasetFiles.Choose(name, _files, _card));

        Assert.Contains(known, problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "train.jsonl")]
    [InlineData(":validation", "dev.jsonl")]
    [InlineData(":test", "data/test/0.parquet")]
    public void Choose_WithoutACard_GoesByNames(string rest, string wanted)
    {
        DatasetName name = DatasetName.Parse("hf://datasets/org/chats" + rest);

        Assert.Equal(
            [wanted],
            DatasetFiles.Choose(name, ["data/test/0.parquet", "dev.jsonl", "train.jsonl"], "no front matter")
        );
    }

    [Fact]
    public void Choose_NamesThatSayNothing_AreTheTrainingData()
    {
        DatasetName name = DatasetName.Parse("hf://datasets/org/chats");

        Assert.Equal(["chats.jsonl"], DatasetFiles.Choose(name, ["chats.jsonl", "notes.md"], null));
    }

    [Fact]
    public async Task GetDataset_OfTheHub_IsInTheCache()
    {
        _hub.Add("datasets/org/chats", "README.md", _card);
        foreach (string path in _files.Skip(1))
        {
            _hub.Add("datasets/org/chats", path, new byte[2000 + path.Length]);
        }

        IReadOnlyList<string> files = await GetAsync("hf://datasets/org/chats:test");

        Assert.Equal([2026, 2019], files.Select(file => File.ReadAllBytes(file).Length));
        Assert.StartsWith(_folder["hub/datasets--org--chats/snapshots/"], files[0], StringComparison.Ordinal);
        Assert.DoesNotContain(_hub.Requests, request => request.Path.Contains("train-0"));
        Assert.Equal(files, await GetAsync("hf://datasets/org/chats:test", offline: true));
        await Assert.ThrowsAsync<MttException>(() => GetAsync("hf://datasets/org/chats", offline: true));
    }

    [Fact]
    public async Task GetDataset_OneFileByName_IsFetchedAlone()
    {
        _hub.Add("datasets/org/chats", "a/b.jsonl", "{}");
        _hub.Add("datasets/org/chats", "a/c.jsonl", "{}");

        Assert.EndsWith("a/b.jsonl", Assert.Single(await GetAsync("hf://datasets/org/chats/a/b.jsonl")));

        MttException problem = await Assert.ThrowsAsync<MttException>(() =>
            GetAsync("hf://datasets/org/chats/a/d.jsonl")
        );
        Assert.Contains("a/c.jsonl", problem.Remedy, StringComparison.Ordinal);
    }

    private async Task<IReadOnlyList<string>> GetAsync(string address, bool offline = false)
    {
        HubSettings settings = new()
        {
            Endpoint = _hub.Endpoint,
            Cache = _folder["hub"],
            RetryDelay = TimeSpan.FromMilliseconds(1),
            Offline = offline,
        };
        using HubDownloads downloads = new(settings, new Silence(), TimeProvider.System);
        return await downloads.GetDatasetAsync(DatasetName.Parse(address), CancellationToken.None);
    }

    private sealed class Silence : IHubObserver
    {
        public void Planned(string repository, int files, long bytes) { }

        public void Received(long bytes) { }

        public void Noted(string text) { }
    }
}
