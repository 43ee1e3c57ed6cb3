using System.Globalization;
using System.Text.Json;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>
/// How much a message, and parts of its content, count in the loss. Four spellings are read everywhere: <c>weight</c> and
/// <c>loss_weight</c> (numbers from 0), <c>train</c> and <c>training</c> (true, false or a number). Several multiply.
/// </summary>
internal static class MessageWeights
{
    private static readonly string[] _keys = ["weight", "loss_weight", "train", "training"];

    /// <summary>The weight of each message, the whole row's weight multiplied in. No key means 1.</summary>
    /// <exception cref="MttException">A weight is no number from 0; the message names file, line and path.</exception>
    public static float[] Of(Conversation conversation)
    {
        float row = Read(conversation.Json, conversation, "", rowLevel: true);
        float[] weights = new float[conversation.Messages.Count];
        for (int i = 0; i < weights.Length; i++)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"messages[{i}]");
            weights[i] = row * Read(conversation.Messages[i].Json, conversation, path, rowLevel: false);
        }

        return weights;
    }

    /// <summary>
    /// Weights inside a message's content: of text parts that carry one, and of character ranges in
    /// <c>training_detail</c> (<c>begin_offset</c>, inclusive <c>end_offset</c>, <c>train</c>). Null without any.
    /// </summary>
    public static ContentWeights? InContent(Conversation conversation, int message)
    {
        JsonElement json = conversation.Messages[message].Json;
        string path = string.Create(CultureInfo.InvariantCulture, $"messages[{message}]");
        bool hasParts =
            json.TryGetProperty("content", out JsonElement content)
            && content.ValueKind == JsonValueKind.Array
            && content.EnumerateArray().Any(HasWeight);
        bool hasRanges =
            json.TryGetProperty("training_detail", out JsonElement detail) && detail.ValueKind == JsonValueKind.Array;
        if (!hasParts && !hasRanges)
        {
            return null;
        }

        float[] parts = hasParts
            ? [.. content.EnumerateArray().Select((part, i) => PartWeight(part, conversation, path, i))]
            : [];
        List<WeightedRange> ranges = [];
        foreach (JsonElement range in hasRanges ? [.. detail.EnumerateArray()] : Array.Empty<JsonElement>())
        {
            if (
                !TryInt(range, "begin_offset", out int begin)
                || !TryInt(range, "end_offset", out int end)
                || begin < 0
                || end < begin
            )
            {
                throw Bad(conversation, path + ".training_detail", "needs begin_offset and end_offset, from 0");
            }

            ranges.Add(
                new WeightedRange(begin, end + 1, Read(range, conversation, path + ".training_detail", rowLevel: false))
            );
        }

        return new ContentWeights(parts, ranges);
    }

    private static float PartWeight(JsonElement part, Conversation conversation, string path, int index) =>
        Read(part, conversation, string.Create(CultureInfo.InvariantCulture, $"{path}.content[{index}]"), false);

    private static bool HasWeight(JsonElement part) =>
        part.ValueKind == JsonValueKind.Object && Array.Exists(_keys, key => part.TryGetProperty(key, out _));

    private static bool TryInt(JsonElement owner, string key, out int value)
    {
        value = 0;
        return owner.ValueKind == JsonValueKind.Object
            && owner.TryGetProperty(key, out JsonElement number)
            && number.ValueKind == JsonValueKind.Number
            && number.TryGetInt32(out value);
    }

    // A row's own "train" may name a split; only its numeric weights count.
    private static float Read(JsonElement owner, Conversation conversation, string path, bool rowLevel)
    {
        float weight = 1;
        if (owner.ValueKind != JsonValueKind.Object)
        {
            return weight;
        }

        foreach (string key in _keys.AsSpan(0, rowLevel ? 2 : 4))
        {
            if (!owner.TryGetProperty(key, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            float factor = value.ValueKind switch
            {
                JsonValueKind.True => 1,
                JsonValueKind.False => 0,
                JsonValueKind.Number => value.GetSingle(),
                _ => -1,
            };
            if (!float.IsFinite(factor) || factor < 0)
            {
                string place = path.Length == 0 ? key : $"{path}.{key}";
                throw Bad(conversation, place, $"is {value.GetRawText()}; a weight is a number from 0");
            }

            weight *= factor;
        }

        return weight;
    }

    private static MttException Bad(Conversation conversation, string path, string what) =>
        new($"{conversation.Place}: {path}: {what}", "Use 0 to leave the text out of the loss, 1 to learn it.");
}

/// <summary>Weights inside one message's content.</summary>
/// <param name="Parts">One weight per text part; empty when the parts carry none.</param>
/// <param name="Ranges">Weights of character ranges.</param>
internal sealed record ContentWeights(float[] Parts, IReadOnlyList<WeightedRange> Ranges);

/// <summary>A range of code points of a content with its weight.</summary>
internal readonly record struct WeightedRange(int Start, int End, float Weight);
