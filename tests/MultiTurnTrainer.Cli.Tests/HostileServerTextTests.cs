using System.Text.Json;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>What servers and weights say, in every field that a message may show: nothing of it reaches a terminal as it is.</summary>
public sealed class HostileServerTextTests : IDisposable
{
    private static readonly string _json = JsonSerializer.Serialize(HostileTextTests.Hostile);

    // Lines of headers hold no line ends.
    private const string Line = "x\u001b[31mred\u001b]0;title\u0007\u009b1m\u202eevil ::error::pwned";

    private readonly TempFolder _folder = new();
    private readonly FixedServer _server = new();

    public HostileServerTextTests()
    {
        PresetModel.Write(_folder);
        _folder.Write(
            "rows.jsonl",
            """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""" + "\n"
        );
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string, string> Endpoints =>
        new()
        {
            { "400 Bad Request", """{"error":{"message":H,"code":H,"type":H,"param":H}}""" },
            { "401 Unauthorized", """{"error":{"message":H}}""" },
            { "403 Forbidden", """{"error":H}""" },
            { "404 Not Found", """{"message":H}""" },
            { "404 Not Found", """{"detail":[{"msg":H}]}""" },
            { "413 Too Large", "H" },
            { "418 " + Line, "H" },
            { "422 Unprocessable", HostileTextTests.Hostile },
            { "400 Bad\r\nX-Error: " + Line, "" },
            { "200 OK", "H" },
            { "200 OK", """{"error":{"message":H}}""" },
            { "200 OK", """{"choices":H}""" },
            { "200 OK", """{"choices":[{"message":{"content":H},"finish_reason":"stop"}]}""" },
            { "200 OK", """{"choices":[{"message":{"content":"x","refusal":H},"finish_reason":"stop"}]}""" },
            { "200 OK", """{"choices":[{"message":{"content":null,"refusal":H},"finish_reason":"stop"}]}""" },
            { "200 OK", """{"choices":[{"message":{"content":"x"},"finish_reason":H}]}""" },
            { "200 OK", """{"choices":[{"message":{"role":H,"content":"x"},"finish_reason":"stop"}]}""" },
            { "200 OK\r\nContent-Type: text/" + Line, "H" },
            { "200 OK\r\nContent-Encoding: gzip", "H" },
            { "301 Moved\r\nLocation: http://" + Line, "" },
        };

    [Theory]
    [MemberData(nameof(Endpoints))]
    public void Review_WhatAnEndpointSays_IsShownEscaped(string head, string body)
    {
        _server.Answer(body.Replace("H", _json, StringComparison.Ordinal), head);
        _folder.Write("mtt.yaml", "review:\n  rounds: 1\n  retry: { max_retries: 0, max_outage_seconds: 1 }\n");
        string[] command =
        [
            "review",
            "rows.jsonl",
            "--output",
            "out",
            "--model",
            "m",
            "--endpoint",
            _server.Address + "/v1",
            "--reviewers",
            "1",
        ];
        HostileTextTests.RequireClean(MttProcess.Run(_folder.Path, command));
    }

    [Theory]
    [InlineData("evaluate tasks.json --endpoint URL --model m --limit 1 --modes full --output t.json")]
    [InlineData("generate rows.jsonl --endpoint URL --model model --max-new-tokens 1")]
    [InlineData("shard tasks.json --endpoint URL --model m --output shards.jsonl")]
    [InlineData("chat --endpoint URL --name m --store sqlite:s.db")]
    public void Command_WhatAnEndpointSays_IsShownEscaped(string line)
    {
        _folder.Write(
            "tasks.json",
            """[{"task_id":"a","family":"exact","question":"q","shards":["q","r"],"answer":"a"}]"""
        );
        string[] command = line.Replace("URL", _server.Address + "/v1", StringComparison.Ordinal).Split(' ');
        foreach (
            (string head, string body) in ((string, string)[])
                [
                    ("400 " + Line, """{"error":{"message":H,"code":H,"type":H,"param":H}}"""),
                    ("422 Unprocessable", "H"),
                    ("200 OK", """{"choices":[{"message":{"role":"assistant","content":H},"finish_reason":"stop"}]}"""),
                ]
        )
        {
            _server.Answer(body.Replace("H", _json, StringComparison.Ordinal), head);
            HostileTextTests.RequireClean(MttProcess.Run(_folder.Path, command, "hello\n"));
        }
    }

    public static TheoryData<string, string> Hubs =>
        new()
        {
            { "404 Not Found\r\nX-Error-Code: RepoNotFound\r\nX-Error-Message: " + Line, "" },
            { "403 Forbidden\r\nX-Error-Code: GatedRepo\r\nX-Error-Message: " + Line, "" },
            { "400 " + Line, "H" },
            { "404 Not Found\r\nX-Error-Code: " + Line, "H" },
            { "401 Unauthorized", "H" },
            { "302 Found\r\nLocation: ftp://" + Line, "" },
            { "302 Found\r\nLocation: http://10.0.0.1/" + Line, "" },
            { "200 OK", "H" },
            { "200 OK", """{"sha":H}""" },
            { "200 OK", """{"sha":"0000000000000000000000000000000000000000","siblings":[{"rfilename":H}]}""" },
            {
                "200 OK",
                """{"sha":"0000000000000000000000000000000000000000","siblings":[{"rfilename":"config.json"},{"rfilename":H}]}"""
            },
            { "200 OK", """{"sha":"0000000000000000000000000000000000000000","siblings":[{"rfilename":"../H"}]}""" },
        };

    [Theory]
    [MemberData(nameof(Hubs))]
    public void Pull_WhatAHubSays_IsShownEscaped(string head, string body)
    {
        _server.Answer(body.Replace("H", _json, StringComparison.Ordinal), head);
        Dictionary<string, string> environment = new()
        {
            ["HF_ENDPOINT"] = _server.Address,
            ["HF_HOME"] = _folder["hub"],
            ["HF_HUB_DOWNLOAD_TIMEOUT"] = "2",
        };
        foreach (string name in (string[])["org/tiny", "hf://datasets/org/tiny"])
        {
            MttResult result = MttProcess.Run(_folder.Path, ["pull", name], environment: environment);
            Assert.NotEqual(0, result.ExitCode);
            HostileTextTests.RequireClean(result);
        }
    }

    public static TheoryData<string, string> Files =>
        new()
        {
            { "model/model.safetensors", """{H:{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""" },
            { "model/model.safetensors", """{"a":{"dtype":H,"shape":[1],"data_offsets":[0,4]}}""" },
            { "model/model.safetensors", """{"a":{"dtype":"F32","shape":H,"data_offsets":[0,4]}}""" },
            { "model/model.safetensors", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],H:1}}""" },
            {
                "model/model.safetensors",
                """{"__metadata__":{"format":H},H:{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"""
            },
            { "model/model.safetensors.index.json", """{"weight_map":{"a":H}}""" },
            { "model/model.safetensors.index.json", """{"weight_map":{H:"b.safetensors"}}""" },
            { "model/config.json", """{"model_type":"qwen3","torch_dtype":H}""" },
            { "model/config.json", """{"model_type":"qwen3","hidden_act":H}""" },
            { "model/generation_config.json", """{"eos_token_id":H}""" },
            { "model/tokenizer_config.json", """{"eos_token":H,"bos_token":{"content":H}}""" },
            { "model/tokenizer_config.json", """{"chat_template":H}""" },
            { "model/chat_template.jinja", "{{ raise_exception(H) }}" },
            { "adapter/adapter_config.json", """{"peft_type":H}""" },
            { "adapter/adapter_config.json", """{"peft_type":"LORA","target_modules":[H]}""" },
            { "adapter/adapter_config.json", """{"peft_type":"LORA","target_modules":H}""" },
            { "adapter/adapter_config.json", """{"peft_type":"LORA","bias":H}""" },
            {
                "adapter/adapter_config.json",
                """{"peft_type":"LORA","target_modules":["q_proj"],"rank_pattern":{H:1}}"""
            },
            { "adapter/adapter_config.json", """{"peft_type":"LORA","target_modules":["q_proj"],H:true}""" },
            { "adapter/adapter_model.safetensors", """{H:{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""" },
            { "tasks.json", """[{"task_id":H,"question":H,"shards":H}]""" },
            { "tasks.json", """[{"task_id":H,"question":"q","shards":[{"shard_id":H,"shard":H}],"answer":H}]""" },
        };

    [Theory]
    [MemberData(nameof(Files))]
    public void File_HostileName_IsShownEscaped(string name, string content)
    {
        content = content.Replace("H", _json, StringComparison.Ordinal);
        _folder.Write(
            "adapter/adapter_config.json",
            """{"peft_type":"LORA","target_modules":["q_proj"],"r":1,"base_model_name_or_path":H}""".Replace(
                "H",
                _json,
                StringComparison.Ordinal
            )
        );
        if (name.EndsWith("index.json", StringComparison.Ordinal))
        {
            File.Delete(_folder["model/model.safetensors"]);
        }

        if (name.EndsWith(".safetensors", StringComparison.Ordinal))
        {
            byte[] header = System.Text.Encoding.UTF8.GetBytes(content);
            File.WriteAllBytes(_folder[name], [.. BitConverter.GetBytes((long)header.Length), .. header, 0, 0, 0, 0]);
        }
        else
        {
            _folder.Write(name, content);
        }

        string[][] commands =
        [
            ["generate", "rows.jsonl", "--model", "model", "--max-new-tokens", "1"],
            ["merge", "--model", "model", "--adapter", "adapter", "--output", "merged"],
            ["evaluate", "tasks.json", "--model", "model", "--limit", "1", "--max-new-tokens", "1"],
        ];
        string kind = name.Split('/')[0];
        foreach (
            string[] command in commands.Where(one =>
                kind == "model" || one[0] == (kind == "adapter" ? "merge" : "evaluate")
            )
        )
        {
            HostileTextTests.RequireClean(MttProcess.Run(_folder.Path, command));
        }
    }
}
