using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>A folder with every kind of input that mtt reads, hostile text in its name and in all its fields.</summary>
public sealed class HostileWorld : IAsyncLifetime
{
    /// <summary>Begins the line that a name, a key or an id with a line break would write.</summary>
    public const string Forged = "FORGED-LINE";

    // Names of files hold no slash and no NUL.
    private const string Name = $"n\n{Forged}\u001b[31m\u202e";
    private static readonly string _field = JsonSerializer.Serialize($"x\n{Forged}\r\n{HostileTextTests.Hostile}");
    private static readonly string _content = JsonSerializer.Serialize(HostileTextTests.Hostile);
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _names = new() { ["name"] = Name, ["session"] = new('5', 64) };
    private int _outputs;

    public HostileWorld()
    {
        Add(
            "rows.jsonl",
            """{"id":@F,"messages":[{"role":"system","content":@C},{"role":"user","name":@F,"content":@C},{"role":"assistant","content":@C}],"metadata":{@F:@F},@F:@F}"""
        );
        Add("bad-rows.jsonl", string.Join('\n', HostileTextTests.RowsWith("@F", "@C")));
        Add("tokens.jsonl", """{"id":@F,"input_ids":[5,6,7,8],"labels":[-100,6,7,8],@F:@F}""");
        Add(
            "tasks.json",
            """[{"task_id":@F,"question":@C,"answer":@F,"shards":[{"shard_id":1,"shard":@C},{"shard_id":2,"shard":@C}],@F:@F}]"""
        );
        Add("foreign.yaml", "model_name_or_path: @F\n@F: @F\nlearning_rate: @F\nper_device_train_batch_size: @F\n");
        Add("setting.yaml", "rows:\n  @F: @F\n");
        Add("log.jsonl", string.Join('\n', Events()));
        AddModels();
    }

    public string Path => _folder.Path;

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The words of a command line, with the world's names in place of <c>{kind}</c> and a fresh one for <c>{out}</c>.</summary>
    public string[] Fill(string line) =>
        [
            .. line.Split(' ')
                .Select(word =>
                    _names
                        .Aggregate(word, (filled, name) => filled.Replace($"{{{name.Key}}}", name.Value))
                        .Replace("{out}", $"{Name}-{++_outputs}")
                ),
        ];

    private string Add(string kind, string text)
    {
        string name = $"{Name}-{kind}";
        _folder.Write(name, text.Replace("@F", _field).Replace("@C", _content) + "\n");
        _names[kind.Split('.')[0]] = name;
        return _folder[name];
    }

    private static IEnumerable<string> Events()
    {
        string[] events =
        [
            """session_created {"messages":[{"role":"system","content":@C}],"metadata":{@F:@F},"model":@F,"user":@F,"policy":{"fingerprint":@F,"text":@F}}""",
            """session_marked {"outcome":@F,"is_first_contact":true}""",
            """constraint_added {"id":@F,"text":@F}""",
            """memory_changed {"kind":"goal","name":@F,"value":@F}""",
            """exchanges_recalled {"turn":0,"exchanges":[{"turn":1,"messages":[],"text":@C,"session":@F}]}""",
            """turn_begun {"turn":"t1","messages":[{"role":"user","content":@C,"name":@F}],"participant":@F,"key":@F}""",
            """turn_committed {"turn":"t1","answer":{"role":"assistant","content":@C},"info":{"model":@F,"finish_reason":@F}}""",
            """turn_edited {"turn":"t2","replaces":"t1","answer":{"role":"assistant","content":"other"}}""",
            """context_compressed {"turn":"t2","what":[@F],"before":2,"after":1}""",
            """budget_tripped {"which":@F,"spent":1,"limit":1,"escalates_to":@F}""",
            """turn_begun {"turn":@F,"messages":[{"role":@F,"content":@C}],"participant":@F}""",
            """turn_interrupted {"turn":@F,"text":@C,"reason":@F}""",
        ];
        return events.Select(
            (happened, i) =>
                $$"""{"session":"{{new string('5', 64)}}","version":{{i + 1}},"at":"2026-01-01T00:00:{{i:00}}Z","kind":"{{happened.Split(' ')[0]}}","event":{{happened[(happened.IndexOf(' ') + 1)..]}}}"""
        );
    }

    private void AddModels()
    {
        (string Kind, string File, string Text)[] models =
        [
            ("model", "notes.txt", "@F"),
            ("bad-config", "config.json", """{"model_type":@F}"""),
            ("bad-tokenizer", "tokenizer.json", """{@F:1}"""),
            ("bad-template", "chat_template.jinja", """{{ raise_exception(@F ~ @C) }}"""),
            ("bad-special", "tokenizer_config.json", """{"eos_token":@F,"bos_token":{"content":@C},@F:@F}"""),
            ("bad-weights", "generation_config.json", """{"eos_token_id":@F}"""),
        ];
        foreach ((string kind, string file, string text) in models)
        {
            Directory.CreateDirectory(_folder[$"{Name}-{kind}"]);
            foreach (string path in Directory.EnumerateFiles(PresetModel.Folder))
            {
                File.Copy(path, _folder[$"{Name}-{kind}/{System.IO.Path.GetFileName(path)}"]);
            }

            Add($"{kind}/{file}", text);
            _names[kind] = $"{Name}-{kind}";
        }

        WriteTensors($"{Name}-bad-weights/model.safetensors");
        AddAdapter("adapter", """["q_proj"]""");
        AddAdapter("bad-adapter", "[@F]");
    }

    private void AddAdapter(string kind, string modules)
    {
        Add(
            $"{kind}/adapter_config.json",
            $$"""{"peft_type":"LORA","r":1,"target_modules":{{modules}},"base_model_name_or_path":@F,@F:@F}"""
        );
        _names[kind] = $"{Name}-{kind}";
        WriteTensors($"{Name}-{kind}/adapter_model.safetensors");
    }

    private void WriteTensors(string name)
    {
        string header = """{"__metadata__":{"base_weights":@F},@F:{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";
        byte[] bytes = Encoding.UTF8.GetBytes(header.Replace("@F", _field));
        File.WriteAllBytes(_folder[name], [.. BitConverter.GetBytes((long)bytes.Length), .. bytes, 0, 0, 0, 0]);
    }

    /// <summary>The store of sessions.</summary>
    public async ValueTask InitializeAsync()
    {
        SqliteSessionStore store = SqliteSessionStore.Open(_folder[$"{Name}-store.db"], isServer: true);
        try
        {
            SessionLog log = new(store, TimeProvider.System);
            await LogFile.ImportAsync(log, "local", _folder[_names["log"]]);
        }
        finally
        {
            await store.DisposeAsync();
        }

        _names["store"] = $"sqlite:{Name}-store.db";
    }
}
