using System.Collections.Concurrent;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Hub.Client;
using MultiTurnTrainer.Hub.Downloads;

namespace MultiTurnTrainer.Hub.Tests;

public sealed class HubDownloadsTests : IDisposable
{
    private const string _repository = "models/org/tiny";
    private static readonly HubName _name = new(HubKind.Model, "org/tiny");

    private readonly ScriptedHub _hub = new();
    private readonly TempFolder _folder = new();
    private readonly Observer _observer = new();
    private readonly byte[] _weights = Bytes(100_000, seed: 1);

    public HubDownloadsTests()
    {
        _hub.Add(_repository, "config.json", """{"model_type":"llama"}""");
        _hub.Add(_repository, "tokenizer.json", Bytes(5000, seed: 2));
        _hub.Add(_repository, "tokenizer_config.json", "{}");
        _hub.Add(_repository, "additional_chat_templates/tools.jinja", "{{ x }}");
        _hub.Add(_repository, "model.safetensors", _weights);
        _hub.Add(_repository, "pytorch_model.bin", Bytes(3000, seed: 3));
        _hub.Add(_repository, "original/params.json", "{}");
        _hub.Add(_repository, "onnx/model.onnx", Bytes(3000, seed: 4));
    }

    public void Dispose()
    {
        _hub.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task GetModel_FirstTime_FillsTheCacheAsTransformersDoes()
    {
        string folder = await GetAsync(ModelNeed.Weights);

        string commit = _hub.Commit(_repository);
        string home = _folder["hub/models--org--tiny"];
        Assert.Equal(Path.Combine(home, "snapshots", commit), folder);
        Assert.Equal(commit, File.ReadAllText(Path.Combine(home, "refs", "main")));
        Assert.Equal(
            [
                "additional_chat_templates/tools.jinja",
                "config.json",
                "model.safetensors",
                "tokenizer.json",
                "tokenizer_config.json",
            ],
            Files(folder)
        );
        string link = new FileInfo(Path.Combine(folder, "model.safetensors")).LinkTarget!;
        Assert.Equal($"../../blobs/{ContentHash.Of(_weights)}", link);
        string nested = new FileInfo(Path.Combine(folder, "additional_chat_templates/tools.jinja")).LinkTarget!;
        Assert.StartsWith("../../../blobs/", nested, StringComparison.Ordinal);
        Assert.Equal(5, Directory.GetFiles(Path.Combine(home, "blobs")).Length);
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
        Assert.True(File.Exists(_folder["hub/CACHEDIR.TAG"]));
        Assert.Equal(_observer.Planned, _observer.Received);
    }

    [Fact]
    public async Task GetModel_ForItsTokenizer_FetchesNoWeights()
    {
        string folder = await GetAsync(ModelNeed.Tokenizer);

        Assert.DoesNotContain("model.safetensors", Files(folder));
        Assert.DoesNotContain(_hub.Requests, request => request.Path.Contains("model.safetensors"));
        // What is missing is fetched later, and nothing else again.
        _hub.Requests.Clear();
        await GetAsync(ModelNeed.Weights);
        Assert.DoesNotContain(_hub.Requests, request => request.Path.Contains("tokenizer.json"));
    }

    [Fact]
    public async Task GetModel_SecondTime_AsksOnlyForTheCommit()
    {
        await GetAsync(ModelNeed.Weights);
        _hub.Requests.Clear();

        await GetAsync(ModelNeed.Weights);

        Assert.Equal(["/api/models/org/tiny/revision/main"], _hub.Requests.Select(request => request.Path));
    }

    [Fact]
    public async Task GetModel_PinnedCommitThatIsThere_AsksNothing()
    {
        await GetAsync(ModelNeed.Weights);
        _hub.Requests.Clear();
        HubName pinned = _name with { Revision = _hub.Commit(_repository) };

        await GetAsync(ModelNeed.Weights, name: pinned);

        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public async Task GetModel_TheTokenGoesToTheHubAlone()
    {
        await GetAsync(ModelNeed.Weights, settings => settings with { Token = "secret" });

        (HubRequest[] own, HubRequest[] storage) = (
            [.. _hub.Requests.Where(request => _hub.Endpoint.EndsWith(request.Host))],
            [.. _hub.Requests.Where(request => _hub.StorageAddress.EndsWith(request.Host))]
        );
        Assert.NotEmpty(storage);
        Assert.All(own, request => Assert.Equal("Bearer secret", request.Authorization));
        Assert.All(storage, request => Assert.Null(request.Authorization));
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(7_000)]
    public async Task GetModel_ConnectionsThatAreCut_GoOnWhereTheyEnded(int pieceBytes)
    {
        ConcurrentDictionary<string, int> cuts = new();
        _hub.Script = request =>
            request.Method == "GET"
            && request.Path.Contains("signed")
            && cuts.AddOrUpdate(request.Path + request.Range, 1, (_, n) => n + 1) == 1
                ? new HubMishap { CutAfter = 3_000 }
                : null;

        string folder = await GetAsync(ModelNeed.Weights, settings => settings with { PieceBytes = pieceBytes });

        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
        Assert.Contains(_hub.Requests, request => request.Range?.StartsWith("bytes=3000-") == true);
        Assert.Equal(_observer.Planned, _observer.Received);
    }

    [Fact]
    public async Task GetModel_AProcessThatWasStopped_IsGoneOnWithByTheNext()
    {
        int pieces = 0;
        _hub.Script = request =>
            request.Path.Contains(ContentHash.Of(_weights)) && Interlocked.Increment(ref pieces) > 4
                ? new HubMishap { Status = 503 }
                : null;
        HubSettings small(HubSettings settings) => settings with { PieceBytes = 10_000, Parallel = 1 };
        await Assert.ThrowsAsync<MttException>(() => GetAsync(ModelNeed.Weights, small));
        _hub.Script = _ => null;
        _hub.Requests.Clear();

        string folder = await GetAsync(ModelNeed.Weights, small);

        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
        Assert.Equal(6, _hub.Requests.Count(request => request.Path.Contains("signed")));
        Assert.Empty(Directory.GetFiles(_folder["hub/models--org--tiny/blobs"], "*partial*"));
    }

    [Fact]
    public async Task GetModel_AServerWithoutRanges_SendsItWhole()
    {
        _hub.Script = request => request.Range is null ? null : new HubMishap { IgnoresRange = true };

        string folder = await GetAsync(ModelNeed.Weights, settings => settings with { PieceBytes = 10_000 });

        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
        Assert.Equal(_observer.Planned, _observer.Received);
    }

    [Fact]
    public async Task GetModel_OtherBytesOfTheSameLength_AreFetchedAgain()
    {
        int times = 0;
        _hub.Script = request =>
            request.Path.Contains(ContentHash.Of(_weights)) && Interlocked.Increment(ref times) == 1
                ? new HubMishap { Garbles = true }
                : null;

        string folder = await GetAsync(ModelNeed.Weights);

        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
        Assert.Equal(2, times);
    }

    [Theory]
    [InlineData("signed", "model.safetensors")]
    [InlineData("config.json", "config.json")]
    public async Task GetModel_BytesThatStayWrong_AreRefusedAndNotKept(string path, string file)
    {
        _hub.Script = request =>
            request.Method == "GET" && request.Path.Contains(path) ? new HubMishap { Garbles = true } : null;

        MttException problem = await Assert.ThrowsAsync<MttException>(() => GetAsync(ModelNeed.Weights));

        Assert.Contains("another size or hash", problem.Message, StringComparison.Ordinal);
        string blobs = _folder["hub/models--org--tiny/blobs"];
        Assert.DoesNotContain(
            Directory.GetFiles(blobs),
            blob => Path.GetFileName(blob) == ContentHash.Of(_weights) && file != "config.json"
        );
        Assert.False(File.Exists(_folder["hub/models--org--tiny/refs/main"]));
    }

    [Fact]
    public async Task GetModel_MoreBytesThanNamed_AreRefused()
    {
        _hub.Script = request => request.Path.Contains("signed") ? new HubMishap { Adds = 10 } : null;

        MttException problem = await Assert.ThrowsAsync<MttException>(() => GetAsync(ModelNeed.Weights));

        Assert.Contains("more bytes", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task GetModel_AnswersThatMayPass_AreAskedForAgain(int status)
    {
        ConcurrentDictionary<string, bool> seen = new();
        _hub.Script = request =>
            seen.TryAdd(request.Method + request.Path, true) ? new HubMishap { Status = status } : null;

        string folder = await GetAsync(ModelNeed.Weights);

        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
    }

    [Theory]
    [InlineData(401, "GatedRepo", "", "consent, and no token")]
    [InlineData(403, "GatedRepo", "t", "needs the owner's consent")]
    [InlineData(404, "RevisionNotFound", "", "no revision 'main'")]
    [InlineData(401, "RepoNotFound", "", "private and no token")]
    [InlineData(401, "", "", "private and no token")]
    [InlineData(404, "RepoNotFound", "t", "token may not see it")]
    [InlineData(403, "", "t", "refuses access")]
    public async Task GetModel_WhatTheHubRefuses_IsExplained(int status, string code, string token, string reason)
    {
        _hub.Script = _ => new HubMishap
        {
            Status = status,
            Headers = new Dictionary<string, string> { ["X-Error-Code"] = code },
        };

        MttException problem = await Assert.ThrowsAsync<MttException>(() =>
            GetAsync(ModelNeed.Weights, settings => settings with { Token = token.Length > 0 ? token : null })
        );

        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Remedy!);
        Assert.DoesNotContain("Bearer", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetModel_Offline_TakesTheCacheOrSaysWhatIsMissing()
    {
        HubSettings offline(HubSettings settings) => settings with { Offline = true };
        MttException problem = await Assert.ThrowsAsync<MttException>(() => GetAsync(ModelNeed.Weights, offline));
        Assert.Contains("HF_HUB_OFFLINE", problem.Message, StringComparison.Ordinal);
        string wanted = await GetAsync(ModelNeed.Weights);
        _hub.Requests.Clear();

        Assert.Equal(wanted, await GetAsync(ModelNeed.Weights, offline));

        Assert.Empty(_hub.Requests);
        File.Delete(Path.Combine(wanted, "model.safetensors"));
        await Assert.ThrowsAsync<MttException>(() => GetAsync(ModelNeed.Weights, offline));
        await GetAsync(ModelNeed.Tokenizer, offline);
    }

    [Fact]
    public async Task GetModel_NoConnection_TakesTheCacheWithANote()
    {
        string wanted = await GetAsync(ModelNeed.Weights);
        _hub.Dispose();

        Assert.Equal(wanted, await GetAsync(ModelNeed.Weights));

        Assert.Contains(_observer.Notes, note => note.Contains("using what the cache holds"));
        await Assert.ThrowsAsync<MttException>(() =>
            GetAsync(ModelNeed.Weights, name: _name with { Id = "org/other" })
        );
    }

    [Fact]
    public async Task GetModel_ANewCommit_FetchesOnlyWhatChanged()
    {
        string first = await GetAsync(ModelNeed.Weights);
        _hub.Add(_repository, "config.json", """{"model_type":"qwen3"}""");
        _hub.Requests.Clear();

        string second = await GetAsync(ModelNeed.Weights);

        Assert.NotEqual(first, second);
        Assert.DoesNotContain(_hub.Requests, request => request.Path.Contains("signed"));
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(second, "model.safetensors")));
        Assert.Contains("llama", File.ReadAllText(Path.Combine(first, "config.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetModel_TwoProcessesAtOnce_FetchItOnce()
    {
        string[] folders = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => Task.Run(() => GetAsync(ModelNeed.Weights)))
        );

        Assert.Single(folders.Distinct());
        Assert.Equal(1, _hub.Requests.Count(request => request.Path.Contains(ContentHash.Of(_weights) + "?signed")));
    }

    [Fact]
    public async Task GetModel_NoRoom_IsSaidBefore()
    {
        MttException problem = await Assert.ThrowsAsync<MttException>(() =>
            GetAsync(ModelNeed.Weights, settings => settings with { FreeBytes = _ => 50_000 })
        );

        Assert.Contains("GB are free", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_hub.Requests, request => request.Path.Contains("signed"));
    }

    [Fact]
    public async Task GetModel_Shards_AreThoseThatTheIndexNames()
    {
        _hub.Add("models/org/sharded", "config.json", "{}");
        _hub.Add(
            "models/org/sharded",
            "model.safetensors.index.json",
            """{"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}"""
        );
        foreach (string name in (string[])["model-1.safetensors", "model-2.safetensors", "consolidated.safetensors"])
        {
            _hub.Add("models/org/sharded", name, Bytes(2000, name[^13]));
        }

        string folder = await GetAsync(ModelNeed.Weights, name: new HubName(HubKind.Model, "org/sharded"));

        Assert.Equal(
            ["config.json", "model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json"],
            Files(folder)
        );
    }

    [Fact]
    public async Task GetModel_OnlyPickledWeights_IsRefused()
    {
        _hub.Add("models/org/old", "config.json", "{}");
        _hub.Add("models/org/old", "pytorch_model.bin", Bytes(2000, 1));

        MttException problem = await Assert.ThrowsAsync<MttException>(() =>
            GetAsync(ModelNeed.Weights, name: new HubName(HubKind.Model, "org/old"))
        );

        Assert.Contains("only pytorch_model.bin", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetModel_APathThatLeadsOut_IsRefused()
    {
        _hub.Add("models/org/hostile", "../../evil.json", "{}");

        MttException problem = await Assert.ThrowsAsync<MttException>(() =>
            GetAsync(ModelNeed.Weights, name: new HubName(HubKind.Model, "org/hostile"))
        );

        Assert.Contains("leads out of it", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetModel_WhereLinksAreOff_CopiesFiles()
    {
        string folder = await GetAsync(ModelNeed.Weights, settings => settings with { Copies = true });

        Assert.Null(new FileInfo(Path.Combine(folder, "model.safetensors")).LinkTarget);
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
    }

    private async Task<string> GetAsync(
        ModelNeed need,
        Func<HubSettings, HubSettings>? change = null,
        HubName? name = null
    )
    {
        HubSettings settings = new()
        {
            Endpoint = _hub.Endpoint,
            Cache = _folder["hub"],
            RetryDelay = TimeSpan.FromMilliseconds(1),
        };
        using HubDownloads downloads = new(change?.Invoke(settings) ?? settings, _observer, TimeProvider.System);
        return await downloads.GetModelAsync(name ?? _name, need, CancellationToken.None);
    }

    private static string[] Files(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(folder, path))
                .Order(StringComparer.Ordinal),
        ];

    private static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private sealed class Observer : IHubObserver
    {
        private long _received;
        private long _planned;

        public long Received => _received;

        public long Planned => _planned;

        public ConcurrentQueue<string> Notes { get; } = [];

        void IHubObserver.Planned(string repository, int files, long bytes) => Interlocked.Add(ref _planned, bytes);

        void IHubObserver.Received(long bytes) => Interlocked.Add(ref _received, bytes);

        void IHubObserver.Noted(string text) => Notes.Enqueue(text);
    }
}
