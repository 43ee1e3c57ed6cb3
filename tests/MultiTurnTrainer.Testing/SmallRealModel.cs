using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace MultiTurnTrainer.Testing;

/// <summary>
/// SmolLM2-135M-Instruct as a HuggingFace folder in float32, made once from the GGUF of the shared data: a small model that people
/// really use. A file that is missing there fails the test by its name.
/// </summary>
public static class SmallRealModel
{
    private const string Name = "smollm2-135m-instruct";
    private static readonly Lock _lock = new();

    /// <summary>The model's folder; the test is skipped where there is no shared data.</summary>
    public static string Folder
    {
        get
        {
            string folder = Path.Combine(Repository.Root, "artifacts", Name);
            string source = SharedData.Path("models", Name);
            lock (_lock)
            {
                if (!File.Exists(Path.Combine(folder, "model.safetensors")))
                {
                    Make(source, SharedData.Path("models", $"{Name}.Q4_1.gguf"), folder);
                }
            }

            return folder;
        }
    }

    /// <summary>What transformers makes of it.</summary>
    public static JsonElement Goldens => Read("goldens.json");

    /// <summary>What each tensor holds.</summary>
    public static JsonElement Weights => Read("weights.json");

    private static JsonElement Read(string name) =>
        JsonElement.Parse(File.ReadAllBytes(SharedData.Path("models", Name, name)));

    private static void Make(string source, string gguf, string folder)
    {
        Assert.True(File.Exists(gguf), $"{gguf} is missing");
        Directory.CreateDirectory(folder);
        string[] files =
        [
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "chat_template.jinja",
        ];
        foreach (string file in files)
        {
            File.Copy(Path.Combine(source, file), Path.Combine(folder, file), overwrite: true);
        }

        // The name last: a test that was killed leaves no half of a model.
        string fresh = Path.Combine(folder, $"weights-{Environment.ProcessId}");
        using (GgufFile file = new(gguf))
        {
            file.WriteSafetensors(fresh);
        }

        File.Move(fresh, Path.Combine(folder, "model.safetensors"), overwrite: true);
    }
}

/// <summary>The tensors of a llama in a GGUF file, as HuggingFace names and orders them.</summary>
internal sealed class GgufFile : IDisposable
{
    private const int F32 = 0;
    private const int Q4_1 = 3;
    private const int Q8_0 = 8;
    private const int Block = 32;

    private readonly BinaryReader _reader;
    private readonly Dictionary<string, object> _facts = [];
    private readonly List<(string Name, long[] Shape, int Type, long Offset)> _tensors = [];
    private readonly long _data;

    public GgufFile(string path)
    {
        _reader = new BinaryReader(File.OpenRead(path));
        Assert.Equal(0x46554747u, _reader.ReadUInt32());
        Assert.Equal(3u, _reader.ReadUInt32());
        long tensors = _reader.ReadInt64();
        long facts = _reader.ReadInt64();
        for (long i = 0; i < facts; i++)
        {
            string key = ReadText();
            _facts[key] = ReadValue(_reader.ReadInt32());
        }

        for (long i = 0; i < tensors; i++)
        {
            string name = ReadText();
            // Its dimensions begin with the fastest.
            long[] shape =
            [
                .. Enumerable.Range(0, _reader.ReadInt32()).Select(_ => _reader.ReadInt64()).ToArray().Reverse(),
            ];
            _tensors.Add((name, shape, _reader.ReadInt32(), _reader.ReadInt64()));
        }

        _data = (_reader.BaseStream.Position + 31) / 32 * 32;
    }

    public void WriteSafetensors(string path)
    {
        JsonObject header = [];
        long end = 0;
        foreach ((string name, long[] shape, _, _) in _tensors)
        {
            long begin = end;
            end += shape.Aggregate(4L, (product, size) => product * size);
            header[Rename(name)] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. shape.Select(size => JsonValue.Create(size))]),
                ["data_offsets"] = new JsonArray(begin, end),
            };
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes<JsonNode>(header);
        using FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        stream.Write(BitConverter.GetBytes((ulong)json.Length));
        stream.Write(json);
        foreach ((string name, long[] shape, int type, long offset) in _tensors)
        {
            float[] values = Dequantise(type, offset, shape.Aggregate(1L, (product, size) => product * size));
            int heads =
                name.Contains("attn_q.") ? Fact("head_count")
                : name.Contains("attn_k.") ? Fact("head_count_kv")
                : 0;
            stream.Write(MemoryMarshal.AsBytes((heads > 0 ? TurnBack(values, shape, heads) : values).AsSpan()));
        }
    }

    public void Dispose() => _reader.Dispose();

    private int Fact(string name) => Convert.ToInt32(_facts[$"llama.attention.{name}"]);

    private static string Rename(string name) =>
        name.Replace("token_embd", "model.embed_tokens")
            .Replace("output_norm", "model.norm")
            .Replace("blk.", "model.layers.")
            .Replace("attn_norm", "input_layernorm")
            .Replace("ffn_norm", "post_attention_layernorm")
            .Replace("attn_output", "self_attn.o_proj")
            .Replace("attn_q", "self_attn.q_proj")
            .Replace("attn_k", "self_attn.k_proj")
            .Replace("attn_v", "self_attn.v_proj")
            .Replace("ffn_", "mlp.")
            .Replace("mlp.gate", "mlp.gate_proj")
            .Replace("mlp.up", "mlp.up_proj")
            .Replace("mlp.down", "mlp.down_proj");

    // llama.cpp lays the two halves of a rotation beside each other.
    private static float[] TurnBack(float[] values, long[] shape, int heads)
    {
        int width = (int)shape[1];
        int head = (int)shape[0] / heads;
        float[] turned = new float[values.Length];
        for (int row = 0; row < shape[0]; row++)
        {
            int within = row % head;
            int target = row - within + (within % 2 * (head / 2)) + (within / 2);
            values.AsSpan(row * width, width).CopyTo(turned.AsSpan(target * width));
        }

        return turned;
    }

    private float[] Dequantise(int type, long offset, long count)
    {
        int blockBytes = type switch
        {
            F32 => 4 * Block,
            Q4_1 => 20,
            Q8_0 => 34,
            _ => throw new NotSupportedException($"GGUF type {type}"),
        };
        _reader.BaseStream.Position = _data + offset;
        float[] values = new float[count];
        if (type == F32)
        {
            _reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        byte[] bytes = _reader.ReadBytes((int)(count / Block * blockBytes));
        for (int block = 0; block < count / Block; block++)
        {
            ReadOnlySpan<byte> source = bytes.AsSpan(block * blockBytes, blockBytes);
            Span<float> target = values.AsSpan(block * Block, Block);
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            float least = type == Q4_1 ? (float)BinaryPrimitives.ReadHalfLittleEndian(source[2..]) : 0;
            for (int i = 0; i < Block; i++)
            {
                target[i] =
                    type == Q8_0
                        ? scale * (sbyte)source[2 + i]
                        : (scale * ((i < 16 ? source[4 + i] : source[4 + i - 16] >> 4) & 15)) + least;
            }
        }

        return values;
    }

    private string ReadText() => Encoding.UTF8.GetString(_reader.ReadBytes((int)_reader.ReadInt64()));

    private object ReadValue(int type) =>
        type switch
        {
            0 => _reader.ReadByte(),
            1 => _reader.ReadSByte(),
            2 => _reader.ReadUInt16(),
            3 => _reader.ReadInt16(),
            4 => _reader.ReadUInt32(),
            5 => _reader.ReadInt32(),
            6 => _reader.ReadSingle(),
            7 => _reader.ReadBoolean(),
            8 => ReadText(),
            9 => ReadList(),
            10 => _reader.ReadUInt64(),
            11 => _reader.ReadInt64(),
            _ => _reader.ReadDouble(),
        };

    private object[] ReadList()
    {
        int type = _reader.ReadInt32();
        long count = _reader.ReadInt64();
        return [.. Enumerable.Range(0, (int)count).Select(_ => ReadValue(type))];
    }
}
