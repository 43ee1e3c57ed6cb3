#:property PublishAot=false
// Makes the task family of the maigo-tiny experiment: table bookings with a deterministic answer.
//   dotnet run scripts/experiments/maigo-tiny/booking-tasks.cs -- OUTPUT_FOLDER [SEED]
//
// A booking has five details. FULL tells them in one prompt; the shards tell them one a turn, in any order; the answer is
// one line that holds the five values in a fixed order. A tiny model learns FULL perfectly and, never having seen a
// booking with details missing, guesses when it does.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

string folder = args.Length > 0 ? args[0] : throw new ArgumentException("name the output folder");
Random random = new(args.Length > 1 ? int.Parse(args[1]) : 1);
Directory.CreateDirectory(folder);

string[][] values =
[
    [
        "Anna",
        "Ben",
        "Clara",
        "David",
        "Emma",
        "Felix",
        "Grace",
        "Henry",
        "Ida",
        "Jonas",
        "Lena",
        "Max",
        "Nora",
        "Oscar",
    ],
    ["2", "3", "4", "5", "6", "7", "8", "9"],
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    ["noon", "one", "two", "six", "seven", "eight", "nine", "ten"],
    ["window", "garden", "bar", "corner", "terrace"],
];
string[][] phrases =
[
    ["The name is {0}.", "It is for {0}.", "Put it under {0}."],
    ["We are {0} people.", "It is a table for {0}.", "There will be {0} of us."],
    ["Make it {0}.", "On {0}, please.", "The day is {0}."],
    ["At {0}.", "We come at {0}.", "The time is {0}."],
    ["By the {0}.", "We want to sit at the {0}.", "The place is the {0}."],
];
string[] openings = ["Book a table.", "I need a table.", "Please reserve a table.", "A booking, please."];

HashSet<string> held = [];
List<Booking> evaluation = Draw(100, held);
List<Booking> training = Draw(1200, held);

// The base model sees whole prompts only: bullets or sentences, any order.
WriteLines(
    "base-train.jsonl",
    Draw(6000, [])
        .Where(booking => !held.Contains(booking.Answer))
        .Select(booking =>
            Conversation(
                booking,
                [
                    random.Next(2) == 0
                        ? booking.Question
                        : string.Join("\n", booking.Shards.Select(shard => $"- {shard}")),
                ]
            )
        )
);
WriteLines("tasks-train.jsonl", training.Select(Task));
WriteLines("tasks-eval.jsonl", evaluation.Select(Task));
WriteLines("tasks-refine.jsonl", evaluation.Select(Refined));

// The SFT baseline of the paper: all user turns, then one more that asks for the answer, then the gold answer.
WriteLines(
    "sft-train.jsonl",
    training.Select(booking => Conversation(booking, [.. booking.Shards, "Now answer with everything I told you."]))
);

List<Booking> Draw(int count, HashSet<string> taken)
{
    List<Booking> drawn = [];
    while (drawn.Count < count)
    {
        string[] chosen = [.. values.Select(list => list[random.Next(list.Length)])];
        string answer = $"BOOK {string.Join(' ', chosen)}";
        if (taken.Count > 0 && taken.Contains(answer))
            continue;
        if (count != 6000)
            taken.Add(answer);
        int[] order = [.. Enumerable.Range(0, 5)];
        random.Shuffle(order);
        string opening = openings[random.Next(openings.Length)];
        string[] details = [.. order.Select(slot => Say(slot, chosen[slot]))];
        // A wrong value for two of the details, for the correction protocol.
        Dictionary<int, string> wrong = [];
        foreach (int position in order.Take(2))
        {
            int slot = order[position];
            string other;
            do
            {
                other = values[slot][random.Next(values[slot].Length)];
            } while (other == chosen[slot]);
            wrong[position + 1] = Say(slot, other);
        }
        string[] claim = [.. chosen];
        int changed = random.Next(5);
        do
        {
            claim[changed] = values[changed][random.Next(values[changed].Length)];
        } while (claim[changed] == chosen[changed]);
        List<string> shards = [opening, .. details];
        // One booking in four revises a detail: the wrong value first, the right one at the end. The last word counts.
        if (random.Next(4) == 0)
        {
            int position = wrong.Keys.First();
            shards.Add($"Sorry, I was wrong. {shards[position]}");
            shards[position] = wrong[position];
            wrong.Remove(position);
        }
        drawn.Add(new Booking(answer, $"BOOK {string.Join(' ', claim)}", [.. shards], wrong));
    }
    return drawn;
}

string Say(int slot, string value) => string.Format(phrases[slot][random.Next(phrases[slot].Length)], value);

JsonObject Task(Booking booking, int index) =>
    new()
    {
        ["id"] = $"booking/{index}",
        ["family"] = "exact",
        ["question"] = booking.Question,
        ["shards"] = new JsonArray([.. booking.Shards.Select(shard => (JsonNode)shard)]),
        ["answer"] = booking.Answer,
        ["wrong_answer"] = booking.Wrong,
    };

JsonObject Refined(Booking booking, int index)
{
    JsonObject task = Task(booking, index);
    task["shards"] = new JsonArray([
        .. booking.Shards.Select((shard, i) => new JsonObject { ["shard_id"] = i + 1, ["shard"] = shard }),
    ]);
    task["modified_shard"] = new JsonArray([
        .. booking
            .Modified.OrderBy(pair => pair.Key)
            .Select(pair => new JsonObject { ["shard_id"] = pair.Key + 1, ["shard"] = pair.Value }),
    ]);
    return task;
}

JsonObject Conversation(Booking booking, string[] user)
{
    JsonArray messages = [.. user.Select(text => new JsonObject { ["role"] = "user", ["content"] = text })];
    messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = booking.Answer });
    return new JsonObject { ["messages"] = messages };
}

void WriteLines(string name, IEnumerable<JsonObject> rows)
{
    JsonSerializerOptions plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    using StreamWriter writer = new(Path.Combine(folder, name));
    foreach (JsonObject row in rows)
        writer.Write(row.ToJsonString(plain) + "\n");
}

record Booking(string Answer, string Wrong, string[] Shards, Dictionary<int, string> Modified)
{
    public string Question => string.Join(' ', Shards);
}
