#:property PublishAot=false
// Lengthens the bookings of maigo-tiny by small talk: logs of 20 to 40 turns with the question at the end.
//   dotnet run scripts/experiments/context-tiny/booking-logs.cs -- TASKS.jsonl LOGS.jsonl SEED [LENGTH…]
//
// The shards of a task are told in their order at turns drawn by chance, the first at the first turn; small talk of datasets/everyday,
// with its replies, fills the turns between. A log has as many turns as one of the lengths says, in their order, or, without
// lengths, a number drawn by chance; then every second log asks once before its end too. Only bookings are supervised: the base talks
// already. metadata.told has the turn, from 1, that told each value of the answer.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

(string tasks, string output) = (args[0], args[1]);
Random random = new(int.Parse(args[2]));
int[] lengths = [.. args[3..].Select(int.Parse)];

string[] noted = ["Noted.", "All right.", "Got it.", "Very well."];
string[] questions = ["Now give the final booking.", "Please give the booking once more."];
(string User, string Assistant)[] talk = SmallTalk();

JsonSerializerOptions plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
using StreamWriter writer = new(output);
int index = 0;
foreach (string line in File.ReadLines(tasks))
{
    JsonNode task = JsonNode.Parse(line)!;
    string[] shards = [.. task["shards"]!.AsArray().Select(shard => (string)shard!)];
    int turns = lengths.Length > 0 ? lengths[index % lengths.Length] : random.Next(20, 41);
    writer.Write(Log((string)task["id"]!, shards, (string)task["answer"]!, turns).ToJsonString(plain) + "\n");
    index++;
}

JsonObject Log(string id, string[] shards, string answer, int turns)
{
    int[] at = [1, .. Enumerable.Range(2, turns - 2).OrderBy(_ => random.Next()).Take(shards.Length - 1).Order()];
    string[] values = answer.Split(' ')[1..];
    int[] told = [.. values.Select(value => at[Array.FindLastIndex(shards, shard => Says(shard, value))])];
    int early = lengths.Length == 0 && index % 2 == 0 ? random.Next(2, turns) : 0;

    // What a revised value was before its revision stands in no answer.
    early = shards.Any(shard => shard.Contains("wrong") || shard.Contains("error") || shard.Contains("mistake"))
        ? 0
        : early;
    List<(string Role, string Text)> messages = [];
    for (int turn = 1; turn < turns; turn++)
    {
        int shard = Array.IndexOf(at, turn);
        (string user, string assistant) =
            shard >= 0 ? (shards[shard], Pick(noted))
            : turn == early ? (Pick(questions), Answer(values.Select((value, i) => told[i] < turn ? value : "?")))
            : Pick(talk);
        messages.AddRange([("user", user), ("assistant", assistant)]);
    }

    messages.AddRange([("user", Pick(questions)), ("assistant", answer)]);
    return new JsonObject
    {
        ["id"] = id,
        ["messages"] = new JsonArray([
            .. messages.Select(message => new JsonObject
            {
                ["role"] = message.Role,
                ["content"] = message.Text,
                ["weight"] = message.Text.StartsWith("BOOK ") ? 1 : 0,
            }),
        ]),
        ["metadata"] = new JsonObject { ["told"] = new JsonArray([.. told.Select(turn => (JsonNode)turn)]) },
    };
}

static bool Says(string shard, string value) => shard.Split(' ', '.', ',').Contains(value);

static string Answer(IEnumerable<string> values) => "BOOK " + string.Join(' ', values);

T Pick<T>(T[] list) => list[random.Next(list.Length)];

// Short turns, so that a log has many of them.
static (string User, string Assistant)[] SmallTalk() =>
    [
        .. File.ReadLines("datasets/everyday/everyday.jsonl")
            .Select(line => JsonNode.Parse(line)!["messages"]!.AsArray())
            .SelectMany(messages => messages.Zip(messages.Skip(1)))
            .Where(pair => (string?)pair.First!["role"] == "user")
            .Select(pair => ((string)pair.First!["content"]!, (string)pair.Second!["content"]!))
            .Where(pair => pair.Item1.Length < 50 && pair.Item2.Length < 50),
    ];
